using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;

namespace Gateway.Audit.Tests;

/// <summary>Journals to work on, and their lines.</summary>
internal static class Journals
{
    /// <summary>A journal of closed exchanges in several segments.</summary>
    public static async Task<TemporaryDirectory> WriteAsync(int exchanges, long segmentBytes = 4096)
    {
        var directory = new TemporaryDirectory();
        await using var journal = await AuditJournal.OpenAsync(directory.Path, new AuditJournalOptions { SegmentBytes = segmentBytes });
        for (var index = 0; index < exchanges; index++)
        {
            await journal.EnqueueAsync(Entries.Open($"x{index}"));
            await journal.AppendAsync(Entries.Close($"x{index}"));
        }

        return directory;
    }

    public static List<JournalEntry> ReadAll(string directory)
    {
        using var reader = new JournalReader(directory);
        var entries = new List<JournalEntry>();
        while (reader.TryRead(out var entry)) entries.Add(entry);
        return entries;
    }

    /// <summary>Archives a journal up to an entry, as an archiver does.</summary>
    public static async Task<JournalPosition> ArchiveAsync(
        string audit, ObjectStore store, Func<SealingKey> key, long segmentBytes = 1 << 20, long until = long.MaxValue, TimeProvider? clock = null)
    {
        using var archiver = await Archiver.OpenAsync(store, File.ReadAllText(Path.Combine(audit, "instance")), key, segmentBytes, clock);
        using var reader = new JournalReader(audit);
        reader.SeekAfter(archiver.Archived.Sequence);
        while (reader.TryRead(out var entry) && entry.Sequence <= until)
        {
            if (archiver.Take(entry)) await archiver.EndSegmentAsync();
        }

        await archiver.EndSegmentAsync();
        return archiver.Archived;
    }

    /// <summary>The lines of a segment, each with its line feed.</summary>
    public static List<string> Lines(string segment) =>
        [.. File.ReadAllText(segment).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line + "\n")];
}
