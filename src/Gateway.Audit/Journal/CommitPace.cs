using System.Diagnostics;

namespace Gateway.Audit.Journal;

/// <summary>
/// Whether others are about to follow a commit, so that a flush is worth sharing. Commits that begin closer together than a millisecond each cost a flush and several
/// switches of threads; but two entries that meet by chance in a quiet gateway gain nothing by waiting for a third. A slow disk gathers by itself: where a flush takes
/// longer, nobody waits on top of it.
/// </summary>
internal sealed class CommitPace
{
    /// <summary>How far apart commits begin while they follow one another.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1);

    /// <summary>Commits that began further apart than this met nobody.</summary>
    public static readonly TimeSpan Following = TimeSpan.FromMilliseconds(4);

    private long _last;
    private long _before;

    /// <summary>A commit begins.</summary>
    /// <param name="now">By <see cref="Stopwatch"/>.</param>
    public void Begin(long now) => (_before, _last) = (_last, now);

    /// <summary>The next commit is to wait for company.</summary>
    /// <param name="now">By <see cref="Stopwatch"/>.</param>
    public bool IsGathering(long now) => Stopwatch.GetElapsedTime(_last, now) < Gathering && Stopwatch.GetElapsedTime(_before, _last) < Following;
}
