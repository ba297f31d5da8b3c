using System.Collections.Concurrent;
using Gateway.Audit.Journal;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Tests;

public sealed class JournalFaultTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Append_NthDiskOperationFails_NoAcknowledgedEntryIsLost(bool canCut)
    {
        for (var failAt = 2; failAt <= 40; failAt++)
        {
            using var directory = new TemporaryDirectory();
            var disk = new FaultyDisk(failAt, canCut);
            var acknowledged = new ConcurrentBag<(long Sequence, string Id)>();
            var faults = new ConcurrentBag<Exception>();
            AuditJournalException? told = null;
            var options = new AuditJournalOptions { OpenSegment = disk.Open, SegmentBytes = 8_000, QueueEntries = 4, OnFault = fault => told = fault };
            await using (var journal = await AuditJournal.OpenAsync(directory.Path, options))
            {
                await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
                {
                    try
                    {
                        for (var index = 0; ; index++)
                        {
                            var id = $"{writer}-{index}";
                            acknowledged.Add((await journal.AppendAsync(Entries.Open(id)), id));
                            await journal.EnqueueAsync(Entries.Close(id));
                        }
                    }
                    catch (AuditJournalException exception)
                    {
                        faults.Add(exception);
                    }
                })));

                Assert.True(disk.HasFailed);
                Assert.False(journal.IsHealthy);
                Assert.Equal(8, faults.Count);
                await Assert.ThrowsAsync<AuditJournalException>(async () => await journal.AppendAsync(Entries.Open("late")));
                Assert.Equal(0, journal.QueueLength);
            }

            Assert.NotNull(told);
            Assert.Equal(JournalSoundness.Sound, JournalVerifier.Verify(directory.Path).Soundness);
            await using (await AuditJournal.OpenAsync(directory.Path)) { }
            var entries = JournalText.CheckChain(directory.Path);
            foreach (var (sequence, id) in acknowledged)
                Assert.True(entries[(int)sequence - 1].GetProperty("id").GetString() == id, $"operation {failAt}: entry {sequence} of {id}");
        }
    }

    [Fact]
    public async Task Append_DiskFails_CutsOffWhatWasNotAcknowledged()
    {
        using var directory = new TemporaryDirectory();
        var disk = new FaultyDisk(failAt: 5, canCut: true);
        await using (var journal = await AuditJournal.OpenAsync(directory.Path, new AuditJournalOptions { OpenSegment = disk.Open }))
        {
            await journal.AppendAsync(Entries.Open("x"));
            await Assert.ThrowsAsync<AuditJournalException>(async () => await journal.AppendAsync(Entries.Close("x")));
            Assert.Equal(1, journal.DurableSequence);
            using var reader = journal.OpenReader();
            Assert.True(reader.TryRead(out _));
            Assert.False(reader.TryRead(out _));
        }

        Assert.Single(Journals.Lines(JournalText.Segments(directory.Path)[0]));
    }

    [Fact]
    public async Task Open_DiskFailsWhileClosingTheLost_Fails()
    {
        using var directory = new TemporaryDirectory();
        await using (var journal = await AuditJournal.OpenAsync(directory.Path)) await journal.AppendAsync(Entries.Open("x"));
        var disk = new FaultyDisk(failAt: 2, canCut: true);
        await Assert.ThrowsAsync<AuditJournalException>(() => AuditJournal.OpenAsync(directory.Path, new AuditJournalOptions { OpenSegment = disk.Open }));
        await using var again = await AuditJournal.OpenAsync(directory.Path);
        Assert.Equal(1, again.Recovery.LostExchanges);
    }

    [Fact]
    public async Task Append_QueueFull_RejectsOrWaitsForRoom()
    {
        using var directory = new TemporaryDirectory();
        using var disk = new HeldDisk();
        await using (var journal = await AuditJournal.OpenAsync(
            directory.Path, new AuditJournalOptions { OpenSegment = disk.Open, QueueEntries = 2, WhenFull = WhenFull.Reject }))
        {
            disk.Hold();
            var first = journal.AppendAsync(Entries.Open("a"));
            await journal.EnqueueAsync(Entries.Open("b"));
            await Assert.ThrowsAsync<AuditQueueFullException>(async () => await journal.EnqueueAsync(Entries.Open("c")));
            await Assert.ThrowsAsync<AuditQueueFullException>(async () => await journal.AppendAsync(Entries.Open("c")));
            disk.Release();
            Assert.Equal(1, await first);
        }

        await using (var journal = await AuditJournal.OpenAsync(directory.Path, new AuditJournalOptions { OpenSegment = disk.Open, QueueEntries = 2 }))
        {
            disk.Hold();
            var appends = Enumerable.Range(0, 2).Select(index => journal.AppendAsync(Entries.Open($"d{index}")).AsTask()).ToArray();
            using var impatient = new CancellationTokenSource();
            var given = journal.AppendAsync(Entries.Open("given-up"), impatient.Token);
            var waiting = journal.EnqueueAsync(Entries.Open("e")).AsTask();
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await given);
            Assert.False(waiting.IsCompleted);
            disk.Release();
            await Task.WhenAll([.. appends, waiting]);
        }

        Assert.DoesNotContain("given-up", File.ReadAllText(JournalText.Segments(directory.Path)[0]), StringComparison.Ordinal);
    }

    /// <summary>A disk that can be stopped in mid-flush.</summary>
    private sealed class HeldDisk : IDisposable
    {
        private readonly ManualResetEventSlim _free = new(initialState: true);

        public void Hold() => _free.Reset();

        public void Release() => _free.Set();

        public void Dispose() => _free.Dispose();

        public SegmentFile Open(string path, long length) => new Segment(_free, path, length);

        private sealed class Segment(ManualResetEventSlim free, string path, long length) : SegmentFile(path, length)
        {
            public override void Flush()
            {
                free.Wait();
                base.Flush();
            }
        }
    }
}
