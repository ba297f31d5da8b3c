using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;
using Gateway.Commands;
using Gateway.Configuration;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Audit;

/// <summary><c>gateway archive</c> half a year later, with the journal at hand and without.</summary>
public sealed class RetentionCommandTests : IDisposable
{
    private readonly TempDirectory _files = new();
    private readonly ManualTimeProvider _clock = new(new DateTimeOffset(2026, 1, 31, 20, 0, 0, TimeSpan.Zero));

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Archive_WithTheJournalAtHand_RecordsTheDeletionInTheChain()
    {
        var january = await WriteAsync();
        await ArchiveAsync(_files["audit"]);
        _clock.Advance(TimeSpan.FromDays(60));
        await WriteAsync();
        await ArchiveAsync(_files["audit"]);

        // Half a year after January's last day, wherever one counts, and not before.
        _clock.Advance(new DateTimeOffset(2026, 7, 31, 19, 59, 0, TimeSpan.Zero) - _clock.GetUtcNow());
        Assert.DoesNotContain("deleted", await ArchiveAsync(_files["audit"]), StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Contains("entries 1 to 2 deleted, their retention ended\n", await ArchiveAsync(_files["audit"]), StringComparison.Ordinal);
        Assert.Contains(Events(), happened => happened.Event == AuditEvents.Deletion && happened.Facts!["last"] == "2");
        Assert.Equal(JournalSoundness.Sound, JournalVerifier.Verify(_files["audit"]).Soundness);

        // The journal's last segment still holds those entries: as long as it does, their key stays.
        Assert.Equal(KeyState.Active, StateOf(january));
    }

    [Fact]
    public async Task Archive_WithoutAJournalAtHand_DeletesWithASignedStatementAndEndsTheKeyOfTheMonth()
    {
        await using var redis = await RedisProcess.StartAsync();
        var january = await WriteAsync();
        await ArchiveAsync(_files["audit"]);
        _clock.Advance(TimeSpan.FromDays(200));
        var august = await WriteAsync();
        await ArchiveAsync(_files["audit"], months: 12);
        Assert.Equal(KeyState.Active, StateOf(january));
        var output = await ArchiveAsync(_files["nowhere"], redis.Endpoint);
        Assert.Contains("entries 1 to 2 deleted, their retention ended; no journal is at hand: the signed statement in the archive is the record", output, StringComparison.Ordinal);
        Assert.Equal((KeyState.Erased, KeyState.Active), (StateOf(january), StateOf(august)));
        Assert.DoesNotContain(Events(), happened => happened.Event == AuditEvents.Deletion);
        using var store = new DirectoryStore(_files["archive"]);
        var found = await ArchiveVerifier.VerifyAsync(store, JournalReader.RequireInstance(_files["audit"]));
        Assert.True(found is { Soundness: JournalSoundness.Sound, Deleted: 1 }, found.Fault?.ToString() ?? found.Problem);
    }

    /// <summary>An exchange of a person who is not known; returns the pseudonym of the month.</summary>
    private async Task<string> WriteAsync()
    {
        using var keys = KeyStore.Open(_files["keys"], Master());
        var key = keys.GetOrMintUnknown("", _clock.GetUtcNow());
        await using var journal = await AuditJournal.OpenAsync(_files["audit"], time: _clock);
        await journal.EnqueueAsync(new OpenEntry
        {
            Id = Guid.NewGuid().ToString(),
            Protocol = "openai",
            Method = "POST",
            Path = "/v1/chat/completions",
            PolicyEpoch = "1",
            Request = new DirectionRecord { Action = "allow", Digest = key.Digest("text") },
        });
        await journal.AppendAsync(new CloseEntry { Id = (await ReadLastAsync(journal)).ExchangeId, Outcome = AuditOutcomes.Completed });
        return key.Pseudonym;
    }

    private static async Task<JournalEntry> ReadLastAsync(AuditJournal journal)
    {
        await journal.FlushAsync(CancellationToken.None);
        using var reader = journal.OpenReader();
        reader.SeekAfter(journal.DurableSequence - 1);
        Assert.True(reader.TryRead(out var entry));
        return entry!;
    }

    private async Task<string> ArchiveAsync(string audit, string? redis = null, int months = 6)
    {
        using var places = new RecordPlaces(new AuditOptions { Directory = audit, Keys = _files["keys"], Archive = _files["archive"], Redis = redis, MasterKey = $"file:{_files["master.key"]}" }, _clock);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        var settings = new ArchiveSettings(true, TimeSpan.FromSeconds(1), TimeSpan.Zero, 1 << 20, months);
        Assert.Equal(AuditExit.Good, await new ArchiveCommand(places, settings, output, error).RunAsync(CancellationToken.None));
        Assert.Equal("", error.ToString());
        return output.ToString();
    }

    private KeyState StateOf(string pseudonym)
    {
        using var keys = KeyStore.Open(_files["keys"], Master());
        return keys.StateOf(pseudonym);
    }

    private MasterKey Master() => File.Exists(_files["master.key"]) ? MasterKey.Load("file:" + _files["master.key"]) : MasterKey.Mint(_files["master.key"]);

    private List<EventEntry> Events()
    {
        using var reader = new JournalReader(_files["audit"]);
        var events = new List<EventEntry>();
        while (reader.TryRead(out var entry))
        {
            if (entry.Parse() is EventEntry happened) events.Add(happened);
        }

        return events;
    }
}
