using System.Globalization;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

public sealed class JournalTamperTests
{
    [Fact]
    public async Task Verify_UntouchedJournal_IsSound()
    {
        using var directory = await Journals.WriteAsync(30);
        var found = JournalVerifier.Verify(directory.Path);
        Assert.Equal((JournalSoundness.Sound, 60L, 30L, 0, 0), (found.Soundness, found.Entries, found.Exchanges, found.OpenExchanges, found.TornBytes));
        Assert.Equal(Journals.ReadAll(directory.Path)[^1].Hash, found.Last.Hash);
    }

    [Fact]
    public async Task Verify_AnyByteAltered_NamesItsLine()
    {
        using var original = await Journals.WriteAsync(12);
        var segments = JournalText.Segments(original.Path);
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            using var copy = original.Copy();
            var segment = segments[random.Next(segments.Length)];
            var bytes = File.ReadAllBytes(segment);
            // Every few seeds aim at a line feed: they are rare and hold the lines apart.
            var at = seed % 5 == 0 ? LineFeed(bytes, random) : random.Next(bytes.Length);
            bytes[at] ^= (byte)random.Next(1, 256);
            var name = Path.GetFileName(segment);
            File.WriteAllBytes(copy[name], bytes);
            var line = File.ReadAllBytes(segment).AsSpan(0, at).Count((byte)'\n') + 1;

            var found = JournalVerifier.Verify(copy.Path);

            Assert.True(
                found.Soundness == JournalSoundness.Broken && found.Fault!.File == name && found.Fault.Line == line,
                $"seed {seed}: byte {at} of {name}, line {line}: {found}");
        }
    }

    [Fact]
    public async Task Case_75_Verify_EveryLineDroppedDuplicatedSwappedOrReplaced_NamesTheFirstThatDoesNotFit()
    {
        using var original = await Journals.WriteAsync(10, segmentBytes: 1 << 20);
        var lines = Journals.Lines(JournalText.Segments(original.Path)[0]);
        for (var index = 0; index < lines.Count; index++)
        {
            var last = index == lines.Count - 1;
            Check(original, [.. lines[..index], .. lines[(index + 1)..]], last ? null : (index + 1, JournalFaultKind.Gap), $"drop {index}");
            Check(original, [.. lines[..(index + 1)], lines[index], .. lines[(index + 1)..]], (index + 2, JournalFaultKind.OutOfOrder), $"duplicate {index}");
            if (last) continue;
            Check(original, [.. lines[..index], lines[index + 1], lines[index], .. lines[(index + 2)..]], (index + 1, JournalFaultKind.Gap), $"swap {index}");
            Check(
                original,
                [.. lines[..index], Rehashed(lines[index].Replace("demo-model", "other-name", StringComparison.Ordinal).Replace("label", "allow", StringComparison.Ordinal)), .. lines[(index + 1)..]],
                (index + 2, JournalFaultKind.LinkBroken),
                $"replace {index}");
        }

        for (var from = 0; from < lines.Count; from += 3)
        {
            var foreign = Rehashed(lines[from]).Replace($"\"seq\":{from + 1}", $"\"seq\":{from + 2}", StringComparison.Ordinal);
            Check(original, [.. lines[..(from + 1)], Rehashed(foreign), .. lines[(from + 1)..]], (from + 2, JournalFaultKind.LinkBroken), $"insert {from}");
        }
    }

    [Fact]
    public async Task Verify_SegmentRemoved_SaysWhichEntriesAreMissing()
    {
        using var original = await Journals.WriteAsync(30);
        var segments = JournalText.Segments(original.Path);
        for (var index = 0; index < segments.Length - 1; index++)
        {
            using var copy = original.Copy();
            File.Delete(copy[Path.GetFileName(segments[index])]);
            var found = JournalVerifier.Verify(copy.Path);
            Assert.Equal((JournalSoundness.Broken, JournalFaultKind.MissingSegment, Path.GetFileName(segments[index])), (found.Soundness, found.Fault!.Kind, found.Fault.File));
            Assert.Equal(long.Parse(Path.GetFileName(segments[index])[8..28], CultureInfo.InvariantCulture), found.Fault.Sequence);
        }
    }

    [Fact]
    public async Task Verify_EverySegmentRemoved_IsBroken()
    {
        using var directory = await Journals.WriteAsync(2);
        foreach (var segment in JournalText.Segments(directory.Path)) File.Delete(segment);
        Assert.Equal(JournalFaultKind.MissingSegment, JournalVerifier.Verify(directory.Path).Fault!.Kind);
    }

    [Fact]
    public async Task Verify_SegmentRenamed_IsBroken()
    {
        using var directory = await Journals.WriteAsync(30);
        var segments = JournalText.Segments(directory.Path);
        File.Move(segments[1], directory["journal-00000000000000000003.ndjson"]);
        Assert.Equal(JournalFaultKind.MissingSegment, JournalVerifier.Verify(directory.Path).Fault!.Kind);
    }

    [Fact]
    public async Task Verify_InstanceReplaced_SaysWrongFirstLink()
    {
        using var directory = await Journals.WriteAsync(2);
        File.WriteAllText(directory["instance"], "abcdefghijklmnopqrstuvwxyz");
        var found = JournalVerifier.Verify(directory.Path);
        Assert.Equal((JournalFaultKind.WrongFirstLink, 1L), (found.Fault!.Kind, found.Fault.Line));
    }

    [Fact]
    public async Task Verify_InstanceAlteredOrRemoved_IsBroken()
    {
        using var directory = await Journals.WriteAsync(2);
        File.WriteAllText(directory["instance"], "a b");
        Assert.Equal(JournalFaultKind.InstanceAltered, JournalVerifier.Verify(directory.Path).Fault!.Kind);
        File.Delete(directory["instance"]);
        Assert.Equal(JournalFaultKind.InstanceAltered, JournalVerifier.Verify(directory.Path).Fault!.Kind);
    }

    [Fact]
    public async Task Verify_ClosedTwiceOrNeverOpened_IsBroken()
    {
        using var original = await Journals.WriteAsync(3, segmentBytes: 1 << 20);
        var lines = Journals.Lines(JournalText.Segments(original.Path)[0]);
        Check(original, [.. lines, Linked(lines[1], lines[^1], 7)], (7, JournalFaultKind.NotOpen), "closed twice");
        Check(original, [.. lines, Linked(lines[0], lines[^1], 7), Linked(lines[0], Linked(lines[0], lines[^1], 7), 8)], (8, JournalFaultKind.OpenedTwice), "opened twice");
    }

    [Fact]
    public void Verify_NothingThere_IsUnreadable()
    {
        using var directory = new TemporaryDirectory();
        Assert.Equal(JournalSoundness.Unreadable, JournalVerifier.Verify(directory["none"]).Soundness);
        var found = JournalVerifier.Verify(directory.Path);
        Assert.Equal(JournalSoundness.Unreadable, found.Soundness);
        Assert.Contains("no audit journal", found.Problem, StringComparison.Ordinal);
    }

    private static void Check(TemporaryDirectory original, string[] lines, (int Line, JournalFaultKind Kind)? expected, string what)
    {
        using var copy = original.Copy();
        File.WriteAllText(JournalText.Segments(copy.Path)[0], string.Concat(lines));
        var found = JournalVerifier.Verify(copy.Path);
        var actual = found.Fault is { } fault ? ((int)fault.Line, fault.Kind) : ((int, JournalFaultKind)?)null;
        Assert.True(expected == actual, $"{what}: expected {expected}, found {found}");
    }

    private static string Rehashed(string line) => JournalText.Sha256(line[65..^1]) + line[64..];

    /// <summary>The line as a forger would append it after another: renumbered, linked and hashed.</summary>
    private static string Linked(string line, string previous, int sequence)
    {
        var tail = line[line.IndexOf("\",\"time\"", StringComparison.Ordinal)..];
        return Rehashed(new string('0', 64) + " {\"seq\":" + sequence.ToString(CultureInfo.InvariantCulture) + ",\"prevHash\":\"" + previous[..64] + tail);
    }

    private static int LineFeed(byte[] bytes, Random random)
    {
        var ends = Enumerable.Range(0, bytes.Length).Where(index => bytes[index] == '\n').ToArray();
        return ends[random.Next(ends.Length)];
    }
}
