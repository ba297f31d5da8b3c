using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Journal;

/// <summary>Opens a journal: lock, begin or verify, cut what was interrupted, close what was lost.</summary>
internal static class JournalOpening
{
    /// <summary>Why a lost exchange is closed; stands in its record.</summary>
    private const string LostFault = "the gateway stopped before the exchange was closed";

    /// <summary>Opens the journal of a directory.</summary>
    public static async Task<AuditJournal> OpenAsync(
        string directory, AuditJournalOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        FileStream? fileLock = null;
        AuditJournal journal;
        IReadOnlyCollection<string> lost;
        try
        {
            Directory.CreateDirectory(directory);
            fileLock = JournalFiles.Lock(directory);
            (journal, lost) = Recover(directory, options, time, fileLock, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fileLock?.Dispose();
            throw new AuditJournalException($"The audit journal in {directory} could not be opened: {exception.Message}", exception);
        }
        catch
        {
            fileLock?.Dispose();
            throw;
        }

        try
        {
            // In portions, so that a short queue set to reject is never full.
            foreach (var portion in lost.Chunk(options.QueueEntries))
                await Task.WhenAll(portion.Select(id => journal.AppendAsync(LostClose(id), cancellationToken).AsTask()));
            return journal;
        }
        catch
        {
            await journal.DisposeAsync();
            throw;
        }
    }

    private static (AuditJournal Journal, IReadOnlyCollection<string> Lost) Recover(
        string directory, AuditJournalOptions options, TimeProvider time, FileStream fileLock, CancellationToken cancellationToken)
    {
        // 1. A journal, or the beginning of one. Segments without an instance are a loss unless the very first is empty:
        //    that is a beginning which was interrupted.
        var started = Stopwatch.GetTimestamp();
        var instance = JournalFiles.ReadInstance(directory);
        var isNew = instance is null;
        if (isNew && JournalFiles.Segments(directory) is { Count: > 0 } segments && !(segments.Count == 1 && IsUnused(segments[0])))
            throw new AuditJournalException($"{directory} holds segments of a journal but not its instance file. Restore the file from a copy of the journal.");
        instance ??= JournalFiles.Begin(directory);

        // 2. The whole chain, up to the first bad position.
        var walk = new JournalWalk(directory, instance);
        if (walk.Walk(cancellationToken) is { } fault) throw new AuditJournalBrokenException(fault);

        // 3. An interrupted append: nobody was told it is durable. Kept beside before it is cut off.
        var tornFile = walk.TornTail.Length == 0 ? null : KeepTorn(walk.LastSegment!, walk.LastSegmentBytes, walk.TornTail);
        var file = options.Open(walk.LastSegment!, walk.LastSegmentBytes);
        try
        {
            if (tornFile is not null) file.Truncate(walk.LastSegmentBytes);

            // 4. What was read may still be only in memory: make it durable before anybody builds on it.
            file.Flush();
            DirectoryFlush.Flush(directory);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        var last = new JournalPosition(walk.Chain.Sequence, Encoding.ASCII.GetString(walk.Chain.Hash));
        var lost = walk.Chain.OpenExchanges.ToArray();
        var writer = new JournalWriter(directory, options, last, file);
        var recovery = new JournalRecovery(
            isNew, walk.Chain.Sequence, walk.Bytes, lost.Length, tornFile, walk.TornTail.Length, Stopwatch.GetElapsedTime(started));
        var journal = new AuditJournal(directory, instance, options, time, writer, fileLock, walk.Chain.OpenExchanges)
        {
            Recovery = recovery,
            RecoveredSeal = walk.Chain.LastSeal is { } seal ? PointOf(seal, instance) : walk.Start?.Seal,
        };
        return (journal, lost);
    }

    private static SealPoint? PointOf(JournalEntry entry, string instance) => entry.Parse() is SealEntry seal
        ? new SealPoint(seal.Number, seal.HeadSeq, seal.StatementHash(instance), seal.KeyId, entry.Sequence)
        : null;

    private static CloseEntry LostClose(string id) => new() { Id = id, Outcome = AuditOutcomes.Lost, Fault = LostFault };

    private static bool IsUnused(JournalFiles.Segment segment) => segment.First == 1 && new FileInfo(segment.Path).Length == 0;

    private static string KeepTorn(string segment, long offset, byte[] bytes)
    {
        for (var attempt = 0; ; attempt++)
        {
            var number = attempt == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{attempt}");
            var path = string.Create(CultureInfo.InvariantCulture, $"{segment}.{offset}{number}.torn");
            if (File.Exists(path)) continue;
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            file.Write(bytes);
            file.Flush(flushToDisk: true);
            return path;
        }
    }
}
