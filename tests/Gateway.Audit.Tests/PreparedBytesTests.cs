using System.Text;
using Gateway.Audit.Journal;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

/// <summary>Segments are prepared with zero bytes while they are written; nobody may take those for entries, nor hide behind them.</summary>
public sealed class PreparedBytesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Segment_WhileWritten_IsPreparedAndSound_AndExactOnceClosed()
    {
        await using (var journal = await FilledAsync(20))
        {
            Assert.Equal(0, Bytes()[^1]);
            Assert.Equal(JournalSoundness.Sound, Verify(_directory.Path).Soundness);
        }

        Assert.Equal((byte)'\n', Bytes()[^1]);
        Assert.Equal(40, JournalText.CheckChain(_directory.Path).Count);
    }

    [Fact]
    public async Task Open_CopyOfARunningJournal_ContinuesItsChain()
    {
        var copy = _directory["copy"];
        await using (var journal = await FilledAsync(20)) Copy(copy);

        await using (var recovered = await AuditJournal.OpenAsync(copy))
        {
            Assert.Equal(40, recovered.Recovery.Entries);
            Assert.Null(recovered.Recovery.TornFile);
            await recovered.AppendAsync(Entries.Open("later"));
        }

        Assert.Equal(41, JournalText.CheckChain(copy).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(38)]
    public async Task Verify_EntryOverwrittenByZeros_IsBroken(int index)
    {
        var copy = _directory["copy"];
        await using (var journal = await FilledAsync(20)) Copy(copy);
        var path = JournalText.Segments(copy)[0];
        var bytes = File.ReadAllBytes(path);
        var start = 0;
        for (var line = 0; line < index; line++) start = Array.IndexOf(bytes, (byte)'\n', start) + 1;
        bytes.AsSpan(start, Array.IndexOf(bytes, (byte)'\n', start) + 1 - start).Clear();
        File.WriteAllBytes(path, bytes);

        var verification = Verify(copy);

        Assert.Equal(JournalSoundness.Broken, verification.Soundness);
        Assert.Equal(index + 1, verification.Fault!.Sequence);
    }

    [Fact]
    public async Task Open_HalfALineBeforeOrAfterTheZeros_IsCutOffAndKept()
    {
        foreach (var afterZeros in new[] { false, true })
        {
            var copy = _directory[afterZeros ? "after" : "before"];
            await using (var journal = await FilledAsync(3)) Copy(copy);
            var path = JournalText.Segments(copy)[0];
            var bytes = File.ReadAllBytes(path);
            var end = afterZeros ? bytes.Length - 10 : Array.LastIndexOf(bytes, (byte)'\n') + 1;
            Encoding.ASCII.GetBytes("0123abc").CopyTo(bytes, end);
            File.WriteAllBytes(path, bytes);

            await using (var recovered = await AuditJournal.OpenAsync(copy)) Assert.NotNull(recovered.Recovery.TornFile);
            Assert.Equal(6, JournalText.CheckChain(copy).Count);
            foreach (var file in Directory.GetFiles(_directory.Path)) File.Delete(file);
        }
    }

    [Fact]
    public void TryRead_LinesWhoseBytesArriveInAnyOrder_AreReadWhole()
    {
        // A reader that has read ahead saw the second half of a line before the first; the file is whole when it asks again.
        var path = Path.Combine(Directory.CreateDirectory(_directory.Path).FullName, "lines");
        File.WriteAllBytes(path, [.. "one\n"u8, 0, 0, 0, .. "o\nthree\n"u8, 0, 0]);
        using var scanner = new LineScanner(path);
        Assert.True(scanner.TryRead(out var line));
        Assert.Equal("one", Encoding.ASCII.GetString(line));

        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.Write("one\ntwoo\nthree\n"u8);

        Assert.True(scanner.TryRead(out line));
        Assert.Equal("twoo", Encoding.ASCII.GetString(line));
        Assert.True(scanner.TryRead(out line));
        Assert.Equal("three", Encoding.ASCII.GetString(line));
        Assert.False(scanner.TryRead(out _));
    }

    private static JournalVerification Verify(string directory) => JournalVerifier.Verify(directory);

    private byte[] Bytes() => ReadShared(JournalText.Segments(_directory.Path)[0]);

    private async Task<AuditJournal> FilledAsync(int exchanges)
    {
        var journal = await AuditJournal.OpenAsync(_directory.Path);
        for (var i = 0; i < exchanges; i++)
        {
            await journal.AppendAsync(Entries.Open($"x{i}"));
            await journal.AppendAsync(Entries.Close($"x{i}"));
        }

        return journal;
    }

    private void Copy(string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(_directory.Path).Where(file => !file.EndsWith("lock", StringComparison.Ordinal)))
        {
            File.WriteAllBytes(Path.Combine(target, Path.GetFileName(file)), ReadShared(file));
        }
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
