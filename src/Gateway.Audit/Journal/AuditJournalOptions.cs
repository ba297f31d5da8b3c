namespace Gateway.Audit.Journal;

/// <summary>Limits of a journal.</summary>
public sealed class AuditJournalOptions
{
    /// <summary>Size at which a new segment file is begun, bytes. Default 64 MiB, least 1 KiB. An entry is never split.</summary>
    public long SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Entries that may wait for the disk. Default 8,192, at least 1. Beyond it <see cref="WhenFull"/> decides.</summary>
    public int QueueEntries { get; init; } = 8192;

    /// <summary>Longest entry, bytes of JSON. Default 4 MiB, at most 32 MiB. A longer one is refused with <see cref="ArgumentException"/>.</summary>
    public int MaxEntryBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>What an append does when the queue is full. Default <see cref="WhenFull.Wait"/>.</summary>
    public WhenFull WhenFull { get; init; } = WhenFull.Wait;

    /// <summary>Told after each commit, on the writer's thread; must be quick and must not throw. Default none.</summary>
    public Action<JournalCommit>? OnCommit { get; init; }

    /// <summary>Told once when the disk fails and the journal stops taking entries, on the writer's thread. Default none.</summary>
    public Action<AuditJournalException>? OnFault { get; init; }

    /// <summary>Bytes by which a segment file grows, so that most commits change no size.</summary>
    private const int PreparedBytes = 4 * 1024 * 1024;

    /// <summary>Opens the file to append to; tests put a failing disk here.</summary>
    internal Func<string, long, SegmentFile>? OpenSegment { get; init; }

    internal SegmentFile Open(string path, long length) =>
        OpenSegment?.Invoke(path, length) ?? new SegmentFile(path, length, (int)Math.Min(PreparedBytes, SegmentBytes));

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, 1024, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueEntries, 1, nameof(QueueEntries));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEntryBytes, 1024, nameof(MaxEntryBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxEntryBytes, 32 * 1024 * 1024, nameof(MaxEntryBytes));
    }
}
