using System.Globalization;
using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Search;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

/// <summary>Years with a moved clock: what is kept, and what is deleted, to the day.</summary>
public sealed class RetentionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MasterKey _master;
    private readonly RushedTime _clock = new();
    private readonly DirectoryStore _store;

    public RetentionTests()
    {
        _master = MasterKey.Mint(_directory["master"]);
        _store = new DirectoryStore(_directory["archive"]);
    }

    private string Instance => File.ReadAllText(_directory["audit/instance"]);

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    /// <summary>Every day of ten years, at several times of day: the latest end that any place on Earth would count, and not a moment more.</summary>
    [Fact]
    public void EndOf_IsACalendarHalfYearLaterEverywhere()
    {
        var lengths = new SortedSet<int>();
        foreach (var hour in new[] { 0, 9, 12, 23 })
        {
            for (var time = new DateTimeOffset(2023, 1, 1, hour, 59, 59, TimeSpan.Zero); time.Year < 2033; time = time.AddDays(1))
            {
                var latest = Enumerable.Range(-48, 105).Max(quarter => time.ToOffset(TimeSpan.FromMinutes(15 * quarter)).AddMonths(6));
                Assert.Equal(latest, ArchiveRetention.EndOf(time, 6));
                lengths.Add((int)(latest - time).TotalDays);
            }
        }

        Assert.Equal([181, 182, 183, 184], lengths);
        Assert.Throws<ArgumentOutOfRangeException>(() => ArchiveRetention.EndOf(_clock.GetUtcNow(), 5));
    }

    /// <summary>A segment a day, the archiver's look every midnight, over a year and the ends of its months.</summary>
    [Fact]
    public async Task DayByDay_DeletesEachDayWhenItMayAndNotADayEarlier()
    {
        MoveTo(new DateTimeOffset(2022, 8, 27, 0, 0, 0, TimeSpan.Zero));
        var deletions = 0;
        var lengths = new SortedSet<int>();
        for (var day = 0; day < 400; day++)
        {
            // At the very beginning of the day, in its middle, or at its very end.
            var midnight = _clock.GetUtcNow().UtcDateTime.Date;
            MoveTo(midnight.AddHours(new[] { 0, 12, 23.9999 }[day % 3]));
            await LiveAsync($"d{day}");
            var archived = await ArchiveAsync();
            JournalTrimmer.Mark(_directory["audit"], archived);
            MoveTo(midnight.AddDays(1));
            var (deleted, _, _) = await ApplyAsync(6, [], facts => deletions++);
            foreach (var manifest in deleted)
            {
                var end = ArchiveRetention.EndOf(manifest.To, 6);
                Assert.True(end <= _clock.GetUtcNow() && end > _clock.GetUtcNow().AddDays(-1), $"{manifest.To:O} was deleted at {_clock.GetUtcNow():O}");
                lengths.Add((int)(end - manifest.To).TotalDays);
            }
        }

        var found = await ArchiveVerifier.VerifyAsync(_store, Instance);
        Assert.True(found.Soundness == JournalSoundness.Sound, found.Fault?.ToString() ?? found.Problem);
        Assert.Equal(deletions, found.Deleted);
        Assert.InRange(deletions, 210, 219);
        Assert.Equal([181, 182, 183, 184], lengths);
        Assert.True(found.Seals > 180);

        // What is left is the last half year, whole: each day from the first that remains to the last.
        var left = await new RecordSearch(_store, null).FindAsync(new RecordFilter(), 1000);
        Assert.Equal(Enumerable.Range(deletions, 400 - deletions), left.Select(record => int.Parse(record.Record.Id.AsSpan(1), CultureInfo.InvariantCulture)).Order());
    }

    [Fact]
    public async Task RecordsThatAskForMore_KeepTheirSegmentAsLong()
    {
        MoveTo(new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero));
        foreach (var (id, months) in new[] { ("plain", (int?)null), ("less", 3), ("more", 12), ("last", null) })
        {
            await LiveAsync(id, months);
            await ArchiveAsync();
            _clock.Advance(TimeSpan.FromDays(1));
        }

        // Open in one segment and closed in the next: both know how long.
        await using (var journal = await AuditJournal.OpenAsync(_directory["audit"], time: _clock))
        {
            await journal.AppendAsync(Entries.Open("long") with { RetentionMonths = 24 });
            await ArchiveAsync();
            await journal.AppendAsync(Entries.Close("long"));
        }

        await ArchiveAsync();
        await LiveAsync("end");
        await ArchiveAsync();
        var folder = await ArchiveFolder.OpenAsync(_store, Instance);
        Assert.Equal([null, 3, 12, null, 24, 24, null], folder.Manifests.Select(manifest => manifest.RetentionMonths));

        MoveTo(new DateTimeOffset(2026, 8, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal([1, 4, 10], await DeletedAsync());
        MoveTo(new DateTimeOffset(2027, 1, 6, 23, 59, 59, TimeSpan.Zero));
        Assert.Empty(await DeletedAsync());
        MoveTo(new DateTimeOffset(2027, 1, 7, 0, 0, 0, TimeSpan.Zero).AddSeconds(30));
        Assert.Equal([7], await DeletedAsync());
        MoveTo(new DateTimeOffset(2027, 12, 31, 0, 0, 0, TimeSpan.Zero));
        Assert.Empty(await DeletedAsync());
        MoveTo(new DateTimeOffset(2028, 2, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(2, (await DeletedAsync()).Count);
        Assert.Equal(JournalSoundness.Sound, (await ArchiveVerifier.VerifyAsync(_store, Instance)).Soundness);
    }

    [Fact]
    public async Task Hold_IsAboveEveryRetention()
    {
        var alice = "u_" + new string('a', 32);
        MoveTo(new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero));
        await LiveAsync("held", user: alice);
        await ArchiveAsync();
        await LiveAsync("free");
        await ArchiveAsync();
        await LiveAsync("last");
        await ArchiveAsync();
        MoveTo(new DateTimeOffset(2036, 1, 5, 0, 0, 0, TimeSpan.Zero));
        IReadOnlyList<LegalHold> holds = [new LegalHold { Id = "h", Users = [alice], Reason = "case", Actor = "court", Since = _clock.GetUtcNow() }];
        var (deleted, held, oldest) = await ApplyAsync(6, holds);
        Assert.Equal((1, 1), (deleted.Count, held.Count));
        Assert.Equal(held[0].From, oldest);
        var left = await new RecordSearch(_store, null).FindAsync(new RecordFilter { Users = [alice] }, 10);
        Assert.Equal("held", Assert.Single(left).Record.Id);
        (deleted, held, _) = await ApplyAsync(6, []);
        Assert.Equal((1, 0), (deleted.Count, held.Count));
    }

    /// <summary>What was removed beside the rules does not pass for deleted, whatever is laid in its place.</summary>
    [Fact]
    public async Task Deletion_WithoutASoundStatement_IsFound()
    {
        MoveTo(new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero));
        for (var index = 0; index < 4; index++)
        {
            await LiveAsync($"x{index}");
            await ArchiveAsync();
        }

        MoveTo(new DateTimeOffset(2026, 8, 5, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(3, (await DeletedAsync()).Count);
        Assert.Equal(JournalSoundness.Sound, (await ArchiveVerifier.VerifyAsync(_store, Instance)).Soundness);
        var notes = Directory.GetFiles(_directory["archive"], "*.deleted", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var original = File.ReadAllText(notes[1]);
        foreach (var (what, forged) in new[]
        {
            ("missing", null),
            ("another's", File.ReadAllText(notes[0])),
            ("empty", ""),
            ("any text", "deleted\n"),
            ("altered", original.Replace("\"months\":6", "\"months\":7", StringComparison.Ordinal)),
            ("signed by a stranger", Early(new DateTimeOffset(2026, 8, 5, 0, 0, 0, TimeSpan.Zero), SealingKey.OpenOrMint(_directory["strange"], _master))),
            ("too early", Early(new DateTimeOffset(2026, 6, 5, 0, 0, 0, TimeSpan.Zero), Key())),
        })
        {
            File.Delete(notes[1]);
            if (forged is not null) File.WriteAllText(notes[1], forged);
            var found = await ArchiveVerifier.VerifyAsync(_store, Instance);
            Assert.True(found.Fault is { Kind: JournalFaultKind.MissingSegment, Sequence: 4 }, $"{what}: {found.Fault}");
        }

        string Early(DateTimeOffset at, SealingKey key)
        {
            using (key)
            {
                var manifest = ArchiveManifest.Read(File.ReadAllBytes(Directory.GetFiles(_directory["archive"], "*4.manifest", SearchOption.AllDirectories).Single()), "4", out _, out _);
                var note = new ArchiveDeletion
                {
                    Instance = Instance, First = manifest.First, Last = manifest.Last, MerkleRoot = manifest.MerkleRoot, Months = 6, Deleted = at, KeyId = key.Id, PublicKey = Convert.ToBase64String(key.PublicKey),
                };
                return System.Text.Encoding.UTF8.GetString(note.Sign(key));
            }
        }
    }

    [Fact]
    public async Task Deletion_InterruptedAtEveryStep_IsFinishedAndRecordedOnce()
    {
        MoveTo(new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero));
        for (var index = 0; index < 3; index++)
        {
            await LiveAsync($"x{index}");
            await ArchiveAsync();
        }

        MoveTo(new DateTimeOffset(2026, 8, 5, 0, 0, 0, TimeSpan.Zero));
        for (var failAt = 5; failAt <= 10; failAt++)
        {
            var archive = $"archive{failAt}";
            CopyAll(_directory["archive"], _directory[archive]);
            var recorded = new List<string>();
            using (var failing = new FailingStore(_directory[archive], failAt))
            {
                await Assert.ThrowsAsync<ObjectStoreException>(() => ArchiveRetention.ApplyAsync(failing, Instance, 6, [], _clock.GetUtcNow(), Key, facts => RecordAsync(recorded, facts)));
            }

            using var store = new DirectoryStore(_directory[archive]);
            await ArchiveRetention.ApplyAsync(store, Instance, 6, [], _clock.GetUtcNow(), Key, facts => RecordAsync(recorded, facts));
            Assert.InRange(recorded.Count, 2, 3);
            Assert.Equal(2, recorded.Distinct(StringComparer.Ordinal).Count());
            var found = await ArchiveVerifier.VerifyAsync(store, Instance);
            Assert.True(found.Soundness == JournalSoundness.Sound && found.Deleted == 2, $"step {failAt}: {found.Fault} {found.Problem}");
            Assert.Single(Directory.GetFiles(_directory[archive], "*.index", SearchOption.AllDirectories));
        }

        static Task<string?> RecordAsync(List<string> recorded, IReadOnlyDictionary<string, string> facts)
        {
            recorded.Add(facts["segment"]);
            return Task.FromResult<string?>("journal");
        }
    }

    /// <summary>A day and a night over the end of a February: an exchange a minute, a seal a minute, four keys, an archiver's look an hour.</summary>
    [Fact]
    public async Task TwentyFourHours_OverAMonthsEnd_AreSealedArchivedTrimmedAndFound()
    {
        var start = new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);
        MoveTo(start);
        using var keys = KeyStore.Open(_directory["keys"], _master, _clock);
        var pseudonyms = new HashSet<string>();
        var trimmed = 0L;
        await using (var journal = await AuditJournal.OpenAsync(_directory["audit"], new AuditJournalOptions { SegmentBytes = 64 * 1024 }, _clock))
        {
            using var sealer = new JournalSealer(journal, _directory["keys"], _master, new SealOptions { KeyAge = TimeSpan.FromHours(6) }, _clock);
            for (var minute = 0; minute < 24 * 60; minute++)
            {
                MoveTo(start.AddMinutes(minute));
                var key = keys.GetOrMintUnknown("", _clock.GetUtcNow());
                pseudonyms.Add(key.Pseudonym);
                await journal.EnqueueAsync(Entries.Open($"m{minute}") with { User = key.Pseudonym });
                await journal.AppendAsync(Entries.Close($"m{minute}"));
                await sealer.SealAsync();
                if (minute % 60 != 59) continue;
                var archived = await ArchiveAsync(journal.Head.Sequence);
                trimmed = Math.Max(trimmed, JournalTrimmer.Trim(_directory["audit"], archived));
            }
        }

        await ArchiveAsync();
        Assert.Equal(2, pseudonyms.Count);
        Assert.True(trimmed > 3000, $"{trimmed}");
        var journalFound = JournalVerifier.Verify(_directory["audit"]);
        Assert.True(journalFound.Soundness == JournalSoundness.Sound, journalFound.Fault?.ToString());
        var found = await ArchiveVerifier.VerifyAsync(_store, Instance);
        Assert.True(found.Soundness == JournalSoundness.Sound, found.Fault?.ToString() ?? found.Problem);
        Assert.Equal((24 * 60 * 3, 24 * 60), ((int)found.Entries, (int)found.Seals));
        Assert.Equal(4, (await ArchiveFolder.OpenAsync(_store, Instance)).Manifests.Select(manifest => manifest.KeyId).Distinct(StringComparer.Ordinal).Count());

        // Before and after midnight, by time and by the month's key.
        var search = new RecordSearch(_store, _directory["audit"]);
        var midnight = new DateTimeOffset(2024, 3, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(12 * 60, (await search.FindAsync(new RecordFilter { To = midnight }, 10_000)).Count);
        Assert.Equal(12 * 60, (await search.FindAsync(new RecordFilter { From = midnight }, 10_000)).Count);
        foreach (var pseudonym in pseudonyms) Assert.Equal(12 * 60, (await search.FindAsync(new RecordFilter { Users = [pseudonym] }, 10_000)).Count);
        Assert.Equal([keys.GetOrMintUnknown("", start).Pseudonym], keys.UnknownBefore(midnight));
    }

    private void MoveTo(DateTimeOffset time) => _clock.Advance(time - _clock.GetUtcNow());

    private void MoveTo(DateTime time) => MoveTo(new DateTimeOffset(time, TimeSpan.Zero));

    /// <summary>A life of the journal: an exchange and a seal.</summary>
    private async Task LiveAsync(string id, int? months = null, string? user = null)
    {
        await using var journal = await AuditJournal.OpenAsync(_directory["audit"], time: _clock);
        using var sealer = new JournalSealer(journal, _directory["keys"], _master, new SealOptions { KeyAge = TimeSpan.FromDays(90) }, _clock);
        await journal.EnqueueAsync(Entries.Open(id) with { RetentionMonths = months, User = user });
        await journal.AppendAsync(Entries.Close(id));
        await sealer.SealAsync();
    }

    private SealingKey Key() => SealingKey.OpenOrMint(_directory["keys"], _master, _clock);

    private Task<JournalPosition> ArchiveAsync(long until = long.MaxValue) => Journals.ArchiveAsync(_directory["audit"], _store, Key, until: until, clock: _clock);

    private Task<(IReadOnlyList<ArchiveManifest> Deleted, IReadOnlyList<ArchiveManifest> Held, DateTimeOffset Oldest)> ApplyAsync(
        int months, IReadOnlyList<LegalHold> holds, Action<IReadOnlyDictionary<string, string>>? record = null) =>
        ArchiveRetention.ApplyAsync(_store, Instance, months, holds, _clock.GetUtcNow(), Key, facts =>
        {
            record?.Invoke(facts);
            return Task.FromResult<string?>("journal");
        });

    private async Task<List<long>> DeletedAsync() => [.. (await ApplyAsync(6, [])).Deleted.Select(manifest => manifest.First)];

    private static void CopyAll(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
