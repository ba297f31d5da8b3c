using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.Cases;

/// <summary>
/// The events of cases beside the journal, in the journal's own lines, so that they outlive the segments that the archive takes over. The
/// chain is what counts: a line that does not fit its hash is not believed, and what is missing here is read from there.
/// </summary>
internal sealed class CaseFile(string directory)
{
    private readonly string _path = Path.Combine(directory, "cases.ndjson");
    private readonly string _position = Path.Combine(directory, "cases.position");

    /// <summary>Number of the last entry that was looked at.</summary>
    public long Position => File.Exists(_position) && long.TryParse(File.ReadAllText(_position), NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : 0;

    /// <summary>The events that are here; lines that were altered are counted and left out.</summary>
    public IEnumerable<EventEntry> Read(Action onAltered)
    {
        if (!File.Exists(_path)) yield break;
        foreach (var line in File.ReadLines(_path))
        {
            if (Parse(line) is { } happened) yield return happened;
            else onAltered();
        }
    }

    /// <summary>Keeps events, then the position up to which the journal was read.</summary>
    public void Write(IReadOnlyList<JournalEntry> events, long position)
    {
        if (events.Count > 0)
        {
            using var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read);
            foreach (var entry in events) file.Write(Encoding.UTF8.GetBytes($"{entry.Hash} {entry.Text}\n"));
            file.Flush(flushToDisk: true);
        }

        File.WriteAllText(_position + ".new", position.ToString(CultureInfo.InvariantCulture));
        File.Move(_position + ".new", _position, overwrite: true);
    }

    /// <summary>Everything known of cases in a journal's directory, without changing anything: for commands.</summary>
    public static CaseBook Load(string directory)
    {
        var book = new CaseBook();
        var file = new CaseFile(directory);
        foreach (var happened in file.Read(static () => { })) book.Apply(happened);
        using var reader = new JournalReader(directory);
        while (reader.TryRead(out var entry))
        {
            if (EventOf(entry) is { } happened) book.Apply(happened);
        }

        return book;
    }

    /// <summary>The event that an entry is, where it concerns cases.</summary>
    public static EventEntry? EventOf(JournalEntry entry) =>
        entry.Kind == AuditKinds.Event && entry.Parse() is EventEntry happened && CaseBook.Concerns(happened.Event) ? happened : null;

    private static EventEntry? Parse(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space != 64) return null;
        var json = Encoding.UTF8.GetBytes(line[65..]);
        if (Convert.ToHexStringLower(SHA256.HashData(json)) != line[..64]) return null;
        try
        {
            return new JournalEntry(0, line[..64], json).Parse() as EventEntry;
        }
        catch (Exception fault) when (fault is JsonException or AuditJournalException)
        {
            return null;
        }
    }
}
