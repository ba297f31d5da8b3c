using System.Text;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

public sealed class JournalRecoveryTests
{
    [Fact]
    public async Task Open_CutAtEveryByteOfTheLastTwoLines_KeepsWholeEntriesAndGoesOn()
    {
        using var original = new TemporaryDirectory();
        await using (var journal = await AuditJournal.OpenAsync(original.Path))
        {
            await journal.AppendAsync(Entries.Open("x"));
            await journal.AppendAsync(Entries.Close("x"));
            await journal.AppendAsync(Entries.Delivery("x", 40));
            await journal.AppendAsync(Entries.Delivery("x", 20));
        }

        var bytes = File.ReadAllBytes(JournalText.Segments(original.Path)[0]);
        var ends = Enumerable.Range(0, bytes.Length).Where(index => bytes[index] == '\n').Select(index => index + 1).ToArray();
        for (var cut = ends[1]; cut <= bytes.Length; cut++)
        {
            using var copy = original.Copy();
            var segment = JournalText.Segments(copy.Path)[0];
            File.WriteAllBytes(segment, bytes[..cut]);
            var whole = ends.Count(end => end <= cut);
            var torn = cut - ends[whole - 1];
            var verified = JournalVerifier.Verify(copy.Path);
            Assert.True(verified.Soundness == JournalSoundness.Sound && verified.Entries == whole && verified.TornBytes == torn, $"cut at {cut}: {verified}");

            await using (var journal = await AuditJournal.OpenAsync(copy.Path))
            {
                Assert.Equal((whole, torn, 0), (journal.Recovery.Entries, journal.Recovery.TornBytes, journal.Recovery.LostExchanges));
                Assert.Equal(torn > 0, journal.Recovery.TornFile is not null);
                if (torn > 0) Assert.Equal(bytes[ends[whole - 1]..cut], File.ReadAllBytes(journal.Recovery.TornFile!));
                Assert.Equal(whole + 1, await journal.AppendAsync(Entries.Delivery("x", 10)));
            }

            Assert.Equal(whole + 1, JournalText.CheckChain(copy.Path).Count);
        }
    }

    [Fact]
    public async Task Open_ExchangesWithoutClose_ClosesThemAsLostOnce()
    {
        using var directory = new TemporaryDirectory();
        await using (var journal = await AuditJournal.OpenAsync(directory.Path))
        {
            for (var index = 0; index < 30; index++) await journal.EnqueueAsync(Entries.Open($"x{index}"));
            for (var index = 0; index < 10; index++) await journal.EnqueueAsync(Entries.Close($"x{index}"));
        }

        var options = new AuditJournalOptions { QueueEntries = 3, WhenFull = WhenFull.Reject };
        await using (var journal = await AuditJournal.OpenAsync(directory.Path, options))
        {
            Assert.Equal(20, journal.Recovery.LostExchanges);
            Assert.Equal(60, journal.DurableSequence);
            Assert.Equal(0, journal.OpenExchanges);
        }

        await using (var journal = await AuditJournal.OpenAsync(directory.Path, options)) Assert.Equal(0, journal.Recovery.LostExchanges);
        var closes = Journals.ReadAll(directory.Path).Select(entry => entry.Parse()).OfType<CloseEntry>().ToArray();
        Assert.Equal(30, closes.Select(close => close.Id).Distinct().Count());
        Assert.Equal(20, closes.Count(close => close is { Outcome: AuditOutcomes.Lost, Response: null, Status: null, Fault.Length: > 0 }));
    }

    [Fact]
    public async Task Open_BrokenChain_RefusesNamesThePlaceAndChangesNothing()
    {
        using var directory = await Journals.WriteAsync(20);
        var segment = JournalText.Segments(directory.Path)[1];
        var lines = Journals.Lines(segment);
        File.WriteAllText(segment, string.Concat(lines[..1]) + lines[1].Replace("200", "404", StringComparison.Ordinal).Replace("true", "True", StringComparison.Ordinal) + string.Concat(lines[2..]));
        var before = Snapshot(directory.Path);

        var refused = await Assert.ThrowsAsync<AuditJournalBrokenException>(() => AuditJournal.OpenAsync(directory.Path));

        Assert.Equal((Path.GetFileName(segment), 2L, JournalFaultKind.BytesAltered), (refused.Fault.File, refused.Fault.Line, refused.Fault.Kind));
        Assert.Contains(Path.GetFileName(segment) + ", line 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("gateway audit verify", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(directory.Path));
        await Assert.ThrowsAsync<AuditJournalBrokenException>(() => AuditJournal.OpenAsync(directory.Path));
    }

    [Fact]
    public async Task Open_CutInTheMiddleOfAnEarlierSegment_Refuses()
    {
        using var directory = await Journals.WriteAsync(20);
        var segment = JournalText.Segments(directory.Path)[0];
        File.WriteAllBytes(segment, File.ReadAllBytes(segment)[..^10]);
        var refused = await Assert.ThrowsAsync<AuditJournalBrokenException>(() => AuditJournal.OpenAsync(directory.Path));
        Assert.Equal(JournalFaultKind.CutSegment, refused.Fault.Kind);
    }

    [Fact]
    public async Task Open_BeginningThatWasInterrupted_Begins()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory[JournalFiles.SegmentName(1)], "");
        await using var journal = await AuditJournal.OpenAsync(directory.Path);
        Assert.Equal(1, await journal.AppendAsync(Entries.Open("x")));
    }

    [Fact]
    public async Task Open_InstanceFileGone_Refuses()
    {
        using var directory = await Journals.WriteAsync(1);
        File.Delete(directory["instance"]);
        var refused = await Assert.ThrowsAsync<AuditJournalException>(() => AuditJournal.OpenAsync(directory.Path));
        Assert.Contains("instance file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_EmptySegmentAfterARoll_GoesOnInIt()
    {
        using var directory = await Journals.WriteAsync(5, segmentBytes: 1 << 20);
        var next = directory[JournalFiles.SegmentName(11)];
        File.WriteAllText(next, "");
        await using (var journal = await AuditJournal.OpenAsync(directory.Path))
        {
            Assert.Equal(10, journal.Recovery.Entries);
            await journal.AppendAsync(Entries.Open("y"));
        }

        Assert.Single(Journals.Lines(next));
        Assert.Equal(11, JournalText.CheckChain(directory.Path).Count);
    }

    [Fact]
    public async Task Open_DirectoryThatIsAFile_SaysSo()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["audit"], "");
        var refused = await Assert.ThrowsAsync<AuditJournalException>(() => AuditJournal.OpenAsync(directory["audit"]));
        Assert.Contains("could not be opened", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Open_CopyTakenWhileWriting_HoldsWhatWasDurableBeforeTheCopy(int seed)
    {
        using var original = new TemporaryDirectory();
        await using var journal = await AuditJournal.OpenAsync(original.Path, new AuditJournalOptions { SegmentBytes = 50_000 });
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var index = 0; !stop.IsCancellationRequested; index++)
            {
                await journal.AppendAsync(Entries.Open($"{writer}-{index}"));
                if (index % 3 != 0) await journal.AppendAsync(Entries.Close($"{writer}-{index}"));
            }
        })).ToArray();

        await journal.WaitForDurableAsync(200 * seed);
        var durable = journal.DurableSequence;
        using var copy = new TemporaryDirectory();
        foreach (var name in new[] { "instance" }.Concat(JournalText.Segments(original.Path).Select(segment => Path.GetFileName(segment)!)))
            File.Copy(original[name], copy[name]);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        Assert.Equal(JournalSoundness.Sound, JournalVerifier.Verify(copy.Path).Soundness);
        await using (var recovered = await AuditJournal.OpenAsync(copy.Path))
        {
            Assert.True(recovered.Recovery.Entries >= durable, $"seed {seed}: {recovered.Recovery.Entries} of {durable}");
            Assert.True(recovered.Recovery.LostExchanges > 0);
        }

        var entries = JournalText.CheckChain(copy.Path);
        Assert.Equal(
            entries.Count(entry => entry.GetProperty("kind").GetString() == "open"),
            entries.Count(entry => entry.GetProperty("kind").GetString() == "close"));
    }

    private static string Snapshot(string directory)
    {
        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(directory).Where(file => Path.GetFileName(file) != "lock").Order(StringComparer.Ordinal))
            text.AppendLine(Path.GetFileName(file) + " " + JournalText.Sha256(File.ReadAllText(file)));
        return text.ToString();
    }
}
