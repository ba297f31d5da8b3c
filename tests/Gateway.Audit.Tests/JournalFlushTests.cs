using Gateway.Audit.Journal;

namespace Gateway.Audit.Tests;

public sealed class JournalFlushTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Flush_EntriesNobodyWaitsFor_AreDurable()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        for (var i = 0; i < 10; i++) await journal.EnqueueAsync(Entries.Open($"x{i}"));

        await journal.FlushAsync();

        Assert.Equal(10, journal.DurableSequence);
    }

    [Fact]
    public async Task Enqueue_WithoutAnythingAfterIt_IsDurableSoon()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        await journal.EnqueueAsync(Entries.Open("x"));

        await journal.WaitForDurableAsync(0).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Flush_EmptyJournal_ReturnsAtOnce()
    {
        await using var journal = await AuditJournal.OpenAsync(_directory.Path);
        Assert.True(journal.FlushAsync().IsCompletedSuccessfully);
    }
}
