using System.Text;
using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MasterKey _master;

    public ArchiveTests() => _master = MasterKey.Mint(_directory["master"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Archive_JournalWithSeals_VerifiesAndReadsBackEntryByEntry()
    {
        await WriteAsync(120, sealEach: 25);
        using var store = new DirectoryStore(_directory["archive"]);
        await ArchiveAsync(store, segmentBytes: 20_000);
        var entries = Journals.ReadAll(_directory["audit"]);
        var folder = await ArchiveFolder.OpenAsync(store, Instance);
        Assert.True(folder.Manifests.Count > 3);
        Assert.Equal(entries.Count, folder.Last);
        foreach (var entry in entries) Assert.Equal(entry.Text, (await folder.ReadAsync(entry.Sequence))!.Text);
        using var ring = new SealKeyRing([Directory.GetFiles(_directory["keys"], "*.pub.pem").Single()]);
        var found = await ArchiveVerifier.VerifyAsync(store, Instance, ring);
        Assert.True(found.Soundness == JournalSoundness.Sound, found.Fault?.ToString() ?? found.Problem);
        Assert.Equal((entries.Count, folder.Manifests.Count, 5L), ((int)found.Entries, found.Segments, found.Seals));
    }

    [Fact]
    public async Task Archive_InterruptedAtEveryStep_GoesOnAndHoldsEverythingOnce()
    {
        await WriteAsync(40, sealEach: 10);
        for (var failAt = 1; failAt <= 12; failAt++)
        {
            var name = "archive" + failAt;
            using (var failing = new FailingStore(_directory[name], failAt))
            {
                await Assert.ThrowsAsync<ObjectStoreException>(() => ArchiveAsync(failing, segmentBytes: 12_000));
            }

            using var store = new DirectoryStore(_directory[name]);
            await ArchiveAsync(store, segmentBytes: 9_000);
            var found = await ArchiveVerifier.VerifyAsync(store, Instance);
            Assert.True(found.Soundness == JournalSoundness.Sound && found.Entries == 84, $"step {failAt}: {found.Fault} {found.Problem}");
        }
    }

    [Fact]
    public async Task EndSegment_StoreFailsOnce_CanBeCalledAgain()
    {
        await WriteAsync(20, sealEach: 100);
        using var failing = new FailingStore(_directory["archive"], 2, once: true);
        using var archiver = await Archiver.OpenAsync(failing, Instance, Key);
        foreach (var entry in Journals.ReadAll(_directory["audit"])) archiver.Take(entry);
        await Assert.ThrowsAsync<ObjectStoreException>(() => archiver.EndSegmentAsync());
        Assert.Equal(0, archiver.Archived.Sequence);
        Assert.NotNull(await archiver.EndSegmentAsync());
        Assert.Equal(JournalSoundness.Sound, (await ArchiveVerifier.VerifyAsync(failing, Instance)).Soundness);
    }

    [Fact]
    public async Task Take_GapOrOtherEntry_IsRefused()
    {
        await WriteAsync(10, sealEach: 100);
        var entries = Journals.ReadAll(_directory["audit"]);
        using var store = new DirectoryStore(_directory["archive"]);
        using var archiver = await Archiver.OpenAsync(store, Instance, Key);
        archiver.Take(entries[0]);
        Assert.Throws<AuditFormatException>(() => archiver.Take(entries[2]));
        var altered = Encoding.UTF8.GetBytes(entries[1].Text.Replace("label", "allow", StringComparison.Ordinal));
        Assert.Throws<AuditFormatException>(() => archiver.Take(new JournalEntry(2, entries[1].Hash, altered)));
        archiver.Take(entries[1]);
        Assert.False(archiver.Take(entries[0]));
    }

    /// <summary>Every object of an archive altered at seeded places, cut, dropped and swapped: each is found.</summary>
    [Fact]
    public async Task Campaign_AnyObjectAlteredCutDroppedOrSwapped_IsDetected()
    {
        await WriteAsync(90, sealEach: 20);
        using (var store = new DirectoryStore(_directory["archive"])) await ArchiveAsync(store, segmentBytes: 15_000);
        var files = Directory.GetFiles(_directory["archive"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        // Without its manifest the last segment is not there yet: that the end is missing, the journal and the anchors tell.
        var lastManifest = files.Last(file => file.EndsWith(".manifest", StringComparison.Ordinal));
        var cases = 0;
        foreach (var file in files)
        {
            var original = File.ReadAllBytes(file);
            for (var seed = 0; seed < 20; seed++)
            {
                var random = new Random(seed);
                var bytes = original.ToArray();
                bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
                File.WriteAllBytes(file, bytes);
                await BrokenAsync($"{Path.GetFileName(file)}, seed {seed}");
                File.WriteAllBytes(file, original.AsSpan(0, random.Next(original.Length)).ToArray());
                await BrokenAsync($"{Path.GetFileName(file)} cut, seed {seed}");
            }

            File.Delete(file);
            if (file != lastManifest) await BrokenAsync($"{Path.GetFileName(file)} dropped");
            var other = files.FirstOrDefault(each => each != file && Path.GetExtension(each) == Path.GetExtension(file));
            if (other is not null)
            {
                File.Copy(other, file);
                await BrokenAsync($"{Path.GetFileName(file)} replaced by another");
            }

            File.WriteAllBytes(file, original);
        }

        Assert.True(cases > 300, $"{cases} cases");
        using var untouched = new DirectoryStore(_directory["archive"]);
        Assert.Equal(JournalSoundness.Sound, (await ArchiveVerifier.VerifyAsync(untouched, Instance)).Soundness);

        async Task BrokenAsync(string what)
        {
            cases++;
            using var store = new DirectoryStore(_directory["archive"]);
            var found = await ArchiveVerifier.VerifyAsync(store, Instance);
            Assert.True(found.Soundness != JournalSoundness.Sound, what);
        }
    }

    [Fact]
    public async Task Search_ArchiveAndJournalAsOne_FindsEachExchangeOnceByEveryField()
    {
        var key = Pseudonym('a');
        await using (var journal = await AuditJournal.OpenAsync(_directory["audit"], new AuditJournalOptions { SegmentBytes = 8192 }, Clock(out var clock)))
        {
            for (var index = 0; index < 200; index++)
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                await journal.AppendAsync(Entries.Open($"x{index}", index % 10 == 0 ? 1 : 0) with
                {
                    Model = index % 3 == 0 ? "big" : "small",
                    Tenant = index % 2 == 0 ? "red" : null,
                    User = index % 7 == 0 ? key : Pseudonym('b'),
                    TrainingUse = index % 5 == 0,
                });

                // Some stay open over many others, across segments of the archive.
                if (index % 4 != 1) await journal.AppendAsync(Close(index));
                if (index % 20 == 19)
                {
                    for (var open = index - 18; open <= index; open += 4) await journal.AppendAsync(Close(open));
                }
            }

            await journal.AppendAsync(Entries.Delivery("x10", 3));
            await journal.AppendAsync(Entries.Open("running"));
        }

        using var store = new DirectoryStore(_directory["archive"]);
        await ArchiveAsync(store, segmentBytes: 30_000, until: 300);
        foreach (var search in new[] { new RecordSearch(store, _directory["audit"]), new RecordSearch(null, _directory["audit"]) })
        {
            await SameAsync(search, new RecordFilter(), index => true, withRunning: true);
            await SameAsync(search, new RecordFilter { Model = "big" }, index => index % 3 == 0);
            await SameAsync(search, new RecordFilter { Tenant = "red" }, index => index % 2 == 0);
            await SameAsync(search, new RecordFilter { Users = [key] }, index => index % 7 == 0);
            await SameAsync(search, new RecordFilter { Users = [] }, index => false);
            await SameAsync(search, new RecordFilter { TrainingOnly = true }, index => index % 5 == 0);
            await SameAsync(search, new RecordFilter { Outcome = "blocked" }, index => index % 6 == 0);
            await SameAsync(search, new RecordFilter { Action = "block" }, index => index % 6 == 0);
            await SameAsync(search, new RecordFilter { Risk = "a1.drugs", Action = "allow" }, index => index % 10 == 0 && index % 6 != 0);
            var from = Start.AddMinutes(50);
            await SameAsync(search, new RecordFilter { From = from, To = from.AddMinutes(20) }, index => index is >= 49 and < 69);
            Assert.Equal(3, (await search.FindAsync("x10"))!.Record.Response!.DeliveredChars);
            Assert.Null(await search.FindAsync("nothing"));

            // Page by page, the newest first: the same as at once.
            var all = await search.FindAsync(new RecordFilter(), int.MaxValue);
            var paged = new List<string>();
            (DateTimeOffset, string)? cursor = null;
            while (await search.FindAsync(new RecordFilter(), 7, cursor) is { Count: > 0 } page)
            {
                paged.AddRange(page.Select(found => found.Record.Id));
                cursor = (page[^1].Record.Time, page[^1].Record.Id);
            }

            Assert.Equal(all.Select(found => found.Record.Id), paged);
        }

        async Task SameAsync(RecordSearch search, RecordFilter filter, Func<int, bool> expected, bool withRunning = false)
        {
            var ids = Enumerable.Range(0, 200).Where(expected).Select(index => $"x{index}").Concat(withRunning ? ["running"] : []);
            var found = await search.FindAsync(filter, 1000);
            Assert.Equal(ids.Order(StringComparer.Ordinal), found.Select(each => each.Record.Id).Order(StringComparer.Ordinal));
        }

        CloseEntry Close(int index) => index % 6 == 0
            ? Entries.Close($"x{index}") with { Outcome = AuditOutcomes.Blocked, Response = Entries.Direction("block", 0) }
            : Entries.Close($"x{index}") with { Response = Entries.Direction("allow", 0) with { DeliveredChars = 80 } };
    }

    [Fact]
    public async Task Trim_ArchivedSegments_LeavesAJournalThatOpensVerifiesAndIsSearchedWithTheArchive()
    {
        await WriteAsync(100, sealEach: 30, segmentBytes: 8192);
        using var store = new DirectoryStore(_directory["archive"]);
        var archived = await ArchiveAsync(store, segmentBytes: 1 << 20);
        Assert.Equal(0, JournalTrimmer.Trim(_directory["audit"], archived, forwarded: 3));
        var before = JournalText.Segments(_directory["audit"]).Length;
        var through = JournalTrimmer.Trim(_directory["audit"], archived);
        Assert.True(through > 100);
        Assert.True(before > 4);
        Assert.Single(JournalText.Segments(_directory["audit"]));
        var found = JournalVerifier.Verify(_directory["audit"]);
        Assert.True(found.Soundness == JournalSoundness.Sound, found.Fault?.ToString());
        Assert.Equal(through, found.Trimmed);
        Assert.Contains(found.NotProven, sentence => sentence.StartsWith($"entries 1 to {through}", StringComparison.Ordinal));

        await using (var journal = await AuditJournal.OpenAsync(_directory["audit"]))
        {
            using var sealer = new JournalSealer(journal, _directory["keys"], _master);
            await journal.AppendAsync(Entries.Open("after"));
            await journal.AppendAsync(Entries.Close("after"));
            await sealer.SealAsync();
        }

        Assert.Equal(JournalSoundness.Sound, JournalVerifier.Verify(_directory["audit"]).Soundness);
        var search = new RecordSearch(store, _directory["audit"]);
        Assert.Equal(101, (await search.FindAsync(new RecordFilter(), 1000)).Count);
        await ArchiveAsync(store, segmentBytes: 1 << 20);
        Assert.Equal(JournalSoundness.Sound, (await ArchiveVerifier.VerifyAsync(store, Instance)).Soundness);
    }

    [Fact]
    public async Task Trim_ArchiveThatHoldsSomethingElse_RemovesNothing()
    {
        await WriteAsync(60, sealEach: 30, segmentBytes: 8192);
        var before = JournalText.Segments(_directory["audit"]);
        Assert.Throws<AuditJournalBrokenException>(() => JournalTrimmer.Trim(_directory["audit"], new JournalPosition(100, new string('0', 64))));
        Assert.Equal(before, JournalText.Segments(_directory["audit"]));
    }

    [Fact]
    public async Task Forward_EmptiedSinkOfATrimmedJournal_BeginsAfterWhatIsArchived()
    {
        await WriteAsync(100, sealEach: 200, segmentBytes: 8192);
        using var store = new DirectoryStore(_directory["archive"]);
        var through = JournalTrimmer.Trim(_directory["audit"], await ArchiveAsync(store, 1 << 20));
        await using var journal = await AuditJournal.OpenAsync(_directory["audit"]);
        var sink = new UnsteadySink(0);
        var forwarder = new Gateway.Audit.Forwarding.AuditForwarder(journal, sink);
        using var stop = new CancellationTokenSource();
        var run = forwarder.RunAsync(stop.Token);
        while (sink.Held().LastOrDefault()?.Sequence != journal.DurableSequence) await Task.Yield();
        await stop.CancelAsync();
        await run;
        Assert.Equal(through + 1, sink.Held()[0].Sequence);
        Assert.Equal(through, sink.BegunAfter);
    }

    [Fact]
    public void Merkle_ProofsOfEveryLeafOfEverySize_LeadToTheRootAndNoOther()
    {
        for (var size = 1; size <= 33; size++)
        {
            var hashes = Enumerable.Range(0, size).Select(index => JournalText.Sha256($"{size}-{index}")).ToList();
            var root = MerkleTree.Root(hashes);
            for (var index = 0; index < size; index++)
            {
                var proof = MerkleTree.Proof(hashes, index);
                Assert.True(MerkleTree.Proves(hashes[index], proof, root));
                Assert.False(MerkleTree.Proves(JournalText.Sha256("other"), proof, root));
            }
        }

        // RFC 6962's tree over three leaves: the third moves up alone.
        static byte[] Hash(params byte[][] parts) => System.Security.Cryptography.SHA256.HashData([.. parts.SelectMany(part => part)]);
        var leaves = new[] { "a", "b", "c" }.Select(text => JournalText.Sha256(text)).ToList();
        var bytes = leaves.Select(leaf => Hash([0], Convert.FromHexString(leaf))).ToArray();
        Assert.Equal(Convert.ToHexStringLower(Hash([1], Hash([1], bytes[0], bytes[1]), bytes[2])), MerkleTree.Root(leaves));
    }

    [Fact]
    public async Task Inbox_EventLaidWhileTheJournalIsOpen_IsTakenByItsOwner()
    {
        await WriteAsync(2, sealEach: 100);
        var happened = new EventEntry { Id = "event-1", Event = AuditEvents.BreakGlass, Actor = "auditor", Reason = "case 7" };
        await using (var journal = await AuditJournal.OpenAsync(_directory["audit"]))
        {
            var recording = EventInbox.RecordAsync(_directory["audit"], happened);
            while (!recording.IsCompleted)
            {
                await EventInbox.TakeAsync(journal);
                await Task.Yield();
            }

            await recording;
        }

        await EventInbox.RecordAsync(_directory["audit"], happened with { Id = "event-2" });
        var events = Journals.ReadAll(_directory["audit"]).Where(entry => entry.Kind == AuditKinds.Event).Select(entry => entry.ExchangeId);
        Assert.Equal(["event-1", "event-2"], events);
        Assert.Equal(JournalSoundness.Sound, JournalVerifier.Verify(_directory["audit"]).Soundness);
        await Assert.ThrowsAsync<AuditJournalException>(() => EventInbox.RecordAsync(_directory["none"], happened));
    }

    private static DateTimeOffset Start { get; } = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private string Instance => File.ReadAllText(_directory["audit/instance"]);

    private static string Pseudonym(char letter) => "u_" + new string(letter, 32);

    private static RushedTime Clock(out RushedTime clock)
    {
        clock = new RushedTime();
        clock.Advance(Start - clock.GetUtcNow());
        return clock;
    }

    private SealingKey Key() => SealingKey.OpenOrMint(_directory["keys"], _master);

    private async Task WriteAsync(int exchanges, int sealEach, long segmentBytes = 1 << 20)
    {
        await using var journal = await AuditJournal.OpenAsync(_directory["audit"], new AuditJournalOptions { SegmentBytes = segmentBytes });
        using var sealer = new JournalSealer(journal, _directory["keys"], _master);
        for (var index = 0; index < exchanges; index++)
        {
            await journal.EnqueueAsync(Entries.Open($"x{index}"));
            await journal.AppendAsync(Entries.Close($"x{index}"));
            if ((index + 1) % sealEach == 0) await sealer.SealAsync();
        }

        if (exchanges % sealEach != 0) await sealer.SealAsync();
    }

    private Task<JournalPosition> ArchiveAsync(ObjectStore store, long segmentBytes, long until = long.MaxValue) =>
        Journals.ArchiveAsync(_directory["audit"], store, Key, segmentBytes, until);
}
