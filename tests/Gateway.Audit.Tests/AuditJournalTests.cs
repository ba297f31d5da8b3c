using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.Audit.Tests;

public sealed class AuditJournalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Open_NewDirectory_MintsAnInstance()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory["deeper/audit"]);

        Assert.Matches("^[a-z0-9]{26}$", journal.Instance);
        Assert.Equal(journal.Instance, File.ReadAllText(_directory["deeper/audit/instance"]));
        Assert.True(journal.Recovery.IsNew);
        Assert.True(journal.IsHealthy);
        Assert.Equal(0, journal.DurableSequence);
    }

    [Fact]
    public async Task Append_ThreeKinds_ReadsBackWhatWasAppended()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        var open = Entries.Open("x1", detections: 2);
        Assert.Equal(1, await journal.AppendAsync(open));
        Assert.Equal(2, await journal.AppendAsync(Entries.Close("x1")));
        Assert.Equal(3, await journal.AppendAsync(Entries.Delivery("x1", 40)));

        using var reader = journal.OpenReader();
        var read = ReadAll(reader);
        Assert.Equal(["open", "close", "delivery"], read.Select(entry => entry.Kind));
        Assert.All(read, entry => Assert.Equal("x1", entry.ExchangeId));
        var parsed = Assert.IsType<OpenEntry>(read[0].Parse());
        Assert.Equal(open.Request.Detections[1].Rule, parsed.Request.Detections[1].Rule);
        Assert.Equal(["width", "zeroWidth"], parsed.Request.Detections[0].Foldings!);
        Assert.Equal(900, parsed.Request.Unjudged[0].Bytes);
        Assert.Equal(12.5, Assert.IsType<CloseEntry>(read[1].Parse()).Timings!["forward"]);
        Assert.Equal(40, Assert.IsType<DeliveryEntry>(read[2].Parse()).DeliveredChars);
        Assert.Equal(read[0].Hash, read[1].PreviousHash);
    }

    [Fact]
    public async Task Append_AcrossSegmentsAndRestarts_KeepsOneChain()
    {
        var options = new AuditJournalOptions { SegmentBytes = 4096 };
        for (var life = 0; life < 3; life++)
        {
            await using var journal = await AuditJournal.OpenAsync(_directory.Path, options);
            Assert.Equal(life * 40, journal.Recovery.Entries);
            for (var index = 0; index < 20; index++)
            {
                await journal.EnqueueAsync(Entries.Open($"x{life}-{index}"));
                await journal.AppendAsync(Entries.Close($"x{life}-{index}"));
            }
        }

        Assert.Equal(120, JournalText.CheckChain(_directory.Path).Count);
        Assert.True(JournalText.Segments(_directory.Path).Length > 5);
        using var reader = new JournalReader(_directory.Path);
        reader.SeekAfter(57);
        Assert.Equal(Enumerable.Range(58, 63).Select(number => (long)number), ReadAll(reader).Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task Append_ManyWriters_GivesEachWriterItsOrderAndAllTheirNumbers()
    {
        await using (var journal = await AuditJournal.OpenAsync(_directory.Path, new AuditJournalOptions { QueueEntries = 16, SegmentBytes = 20_000 }))
        {
            var numbers = await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
            {
                var own = new List<long>();
                for (var index = 0; index < 50; index++)
                {
                    own.Add(await journal.AppendAsync(Entries.Open($"{writer}-{index}")));
                    Assert.True(journal.DurableSequence >= own[^1]);
                    await journal.EnqueueAsync(Entries.Close($"{writer}-{index}"));
                }

                return own;
            })));
            Assert.All(numbers, own => Assert.Equal(own.Order(), own));
            Assert.Equal(800, numbers.SelectMany(own => own).Distinct().Count());
        }

        var entries = JournalText.CheckChain(_directory.Path);
        Assert.Equal(1600, entries.Count);
        var lastOf = new Dictionary<string, int>();
        foreach (var entry in entries.Where(entry => entry.GetProperty("kind").GetString() == "open"))
        {
            var id = entry.GetProperty("id").GetString()!.Split('-');
            var index = int.Parse(id[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(lastOf.GetValueOrDefault(id[0], -1) + 1, index);
            lastOf[id[0]] = index;
        }
    }

    [Fact]
    public async Task Append_SecondCloseOrOpen_IsRefusedBeforeTheChain()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        await journal.AppendAsync(Entries.Open("x"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await journal.AppendAsync(Entries.Open("x")));
        await journal.AppendAsync(Entries.Close("x"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await journal.AppendAsync(Entries.Close("x")));
        Assert.Equal(2, journal.DurableSequence);
        Assert.Equal(0, journal.QueueLength);
        Assert.True(journal.IsHealthy);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\"b")]
    [InlineData("é")]
    public async Task Append_IdThatIsNone_IsRefused(string id)
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        await Assert.ThrowsAsync<ArgumentException>(async () => await journal.AppendAsync(Entries.Open(id)));
    }

    [Fact]
    public async Task Append_ScoreThatIsNoNumber_FailsItsCallerOnly()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        var bad = Entries.Open("x") with
        {
            Request = Entries.Direction("allow", 0) with
            {
                Detections = [new AuditDetection { Risk = "r", Detector = "classifier", Rule = "m/r", Score = float.NaN }],
            },
        };
        await Assert.ThrowsAsync<ArgumentException>(async () => await journal.AppendAsync(bad));
        Assert.Equal(1, await journal.AppendAsync(Entries.Open("x")));
    }

    [Fact]
    public async Task Append_HostileText_StaysOneAsciiLine()
    {
        await using (var journal = await AuditJournal.OpenAsync(_directory.Path))
            await journal.AppendAsync(Entries.Open("x") with { Model = "a\nb\u2028\ud800\u202e\"\\麻\u0000", Path = "/\r\n" });
        var text = File.ReadAllBytes(JournalText.Segments(_directory.Path)[0]);
        Assert.DoesNotContain(text, value => value is > 126 or < 32 and not (byte)'\n');
        Assert.Equal(1, text.Count(value => value == '\n'));
        using var reader = new JournalReader(_directory.Path);
        Assert.Equal("a\nb\u2028\ufffd\u202e\"\\麻\u0000", ((OpenEntry)ReadAll(reader)[0].Parse()!).Model);
    }

    [Fact]
    public async Task Append_EntryLongerThanTheLimit_IsRefusedAndOneAtTheLimitTaken()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path, new AuditJournalOptions { MaxEntryBytes = 4096 });
        var length = 4096 - Body("") + 0;
        Assert.Equal(1, await journal.AppendAsync(Entries.Open("x") with { Model = new string('m', length) }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await journal.AppendAsync(Entries.Open("y") with { Model = new string('m', length + 1) }));

        static int Body(string model)
        {
            var pending = new PendingEntry(new PendingEntryPool());
            pending.Encode(Entries.Open("x") with { Model = model });
            return pending.Body.Length;
        }
    }

    [Fact]
    public async Task Open_SecondTime_IsRefusedUntilTheFirstIsDisposed()
    {
        var journal = await AuditJournal.OpenAsync(_directory.Path);
        var refused = await Assert.ThrowsAsync<AuditJournalException>(() => AuditJournal.OpenAsync(_directory.Path));
        Assert.Contains("in use by another gateway", refused.Message, StringComparison.Ordinal);
        await journal.DisposeAsync();
        await using var again = await AuditJournal.OpenAsync(_directory.Path);
        Assert.Equal(journal.Instance, again.Instance);
    }

    [Fact]
    public async Task Append_AfterDispose_Throws()
    {
        var journal = await AuditJournal.OpenAsync(_directory.Path);
        await journal.DisposeAsync();
        await journal.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await journal.AppendAsync(Entries.Open("x")));
    }

    [Fact]
    public async Task Dispose_WithQueuedEntries_WritesThem()
    {
        await using (var journal = await AuditJournal.OpenAsync(_directory.Path))
        {
            for (var index = 0; index < 100; index++) await journal.EnqueueAsync(Entries.Open($"x{index}"));
        }

        Assert.Equal(100, JournalText.CheckChain(_directory.Path).Count);
    }

    private static List<JournalEntry> ReadAll(JournalReader reader)
    {
        var entries = new List<JournalEntry>();
        while (reader.TryRead(out var entry)) entries.Add(entry);
        return entries;
    }
}
