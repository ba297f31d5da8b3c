using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;

namespace Gateway.Audit.Tests;

public sealed class AuditForwarderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly RushedTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Run_SinkThatFailsHalfWritesAndForgets_HoldsEveryEntryOnceInOrder()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            using var directory = new TemporaryDirectory();
            await using var journal = await AuditJournal.OpenAsync(directory.Path, new AuditJournalOptions { SegmentBytes = 8_000 }, _time);
            await using var sink = new UnsteadySink(seed) { Faults = 25 };
            var forwarder = new AuditForwarder(journal, sink, new AuditForwarderOptions { BatchEntries = 7 }, _time);
            using var stop = new CancellationTokenSource();
            var run = forwarder.RunAsync(stop.Token);
            for (var index = 0; index < 100; index++)
            {
                await journal.EnqueueAsync(Entries.Open($"x{index}"));
                await journal.AppendAsync(Entries.Close($"x{index}"));
            }

            await Until(() => forwarder.EntriesBehind == 0 && sink.Held().Length == 200, $"seed {seed}");
            await stop.CancelAsync();
            await run;
            Assert.Equal(ForwarderState.Stopped, forwarder.State);
            Assert.Null(forwarder.Alarm);
            Assert.Equal(Journals.ReadAll(directory.Path).Select(entry => entry.Hash), sink.Held().Select(entry => entry.Hash));
        }
    }

    [Fact]
    public async Task Run_SinkAway_CountsWhatWaitsAndItsAge()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path, time: _time);
        await using var sink = new UnsteadySink(1) { IsDown = true };
        var forwarder = new AuditForwarder(journal, sink, time: _time);
        await journal.AppendAsync(Entries.Open("x"));
        _time.Advance(TimeSpan.FromMinutes(10));
        await journal.AppendAsync(Entries.Close("x"));
        using var stop = new CancellationTokenSource();
        var run = forwarder.RunAsync(stop.Token);

        await Until(() => forwarder is { State: ForwarderState.Retrying, EntriesBehind: 2, LastFault: "down" } && forwarder.OldestWaiting >= TimeSpan.FromMinutes(10), "away");
        sink.IsDown = false;
        await Until(() => forwarder is { State: ForwarderState.Connected, EntriesBehind: 0, LastFault: null } && forwarder.OldestWaiting == TimeSpan.Zero, "back");
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Run_SinkEmptiedWhileIdle_IsFilledAgain()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path, time: _time);
        await using var sink = new UnsteadySink(1);
        var forwarder = new AuditForwarder(journal, sink, time: _time);
        for (var index = 0; index < 10; index++) await journal.AppendAsync(Entries.Open($"x{index}"));
        using var stop = new CancellationTokenSource();
        var run = forwarder.RunAsync(stop.Token);
        await Until(() => sink.Held().Length == 10, "filled");
        sink.Empty();
        await Until(() => sink.Held().Length == 10, "filled again");
        await stop.CancelAsync();
        await run;
    }

    [Theory]
    [InlineData(2, "another entry 2")]
    [InlineData(9, "already holds entry 9")]
    public async Task Run_SinkHoldsAForeignEntry_StopsWithAlarmAndWritesNothing(long sequence, string expected)
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path, time: _time);
        for (var index = 0; index < 5; index++) await journal.AppendAsync(Entries.Open($"x{index}"));
        await using var sink = new UnsteadySink(1);
        sink.Hold(new JournalEntry(sequence, new string('f', 64), default));
        var forwarder = new AuditForwarder(journal, sink, time: _time);
        await forwarder.RunAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(ForwarderState.Stopped, forwarder.State);
        Assert.Contains(expected, forwarder.Alarm, StringComparison.Ordinal);
        Assert.Single(sink.Held());
        await journal.AppendAsync(Entries.Open("on"));
    }

    [Fact]
    public async Task Run_JournalAlteredWhileRunning_StopsWithAlarm()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path, time: _time);
        for (var index = 0; index < 5; index++) await journal.AppendAsync(Entries.Open($"x{index}"));
        var segment = JournalText.Segments(_directory.Path)[0];
        await using (var file = new FileStream(segment, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 300;
            file.WriteByte((byte)'!');
        }

        await using var sink = new UnsteadySink(1);
        var forwarder = new AuditForwarder(journal, sink, time: _time);
        await forwarder.RunAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Contains("line 1", forwarder.Alarm, StringComparison.Ordinal);
        Assert.Empty(sink.Held());
    }

    private static async Task Until(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, what);
            await Task.Delay(1);
        }
    }
}
