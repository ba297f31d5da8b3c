using System.Collections.Concurrent;

namespace Gateway.Audit.Journal;

/// <summary>Entries to use again. Keeps a bounded number, and none that grew large.</summary>
internal sealed class PendingEntryPool
{
    private const int Kept = 1024;

    private readonly ConcurrentQueue<PendingEntry> _free = new();
    private int _count;

    /// <summary>A free entry.</summary>
    public PendingEntry Rent()
    {
        if (!_free.TryDequeue(out var entry)) return new PendingEntry(this);
        Interlocked.Decrement(ref _count);
        return entry;
    }

    /// <summary>Gives an entry back. Nobody may hold it any more.</summary>
    public void Return(PendingEntry entry)
    {
        if (!entry.IsWorthKeeping || Volatile.Read(ref _count) >= Kept) return;
        Interlocked.Increment(ref _count);
        _free.Enqueue(entry);
    }
}
