using System.Text;
using Gateway.Audit.Records;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Journal;

/// <summary>
/// Finds exchanges in a journal by reading it, also while another process writes it. Altered entries among those it
/// returns are reported; the rest of the chain is the verifier's business.
/// </summary>
public sealed class ExchangeSearch
{
    private readonly string _directory;

    /// <summary>Opens a journal for searching.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <exception cref="AuditJournalException">There is no journal, or it may not be read.</exception>
    public ExchangeSearch(string directory)
    {
        Instance = JournalReader.RequireInstance(directory);
        _directory = directory;
    }

    /// <summary>Id of the journal.</summary>
    public string Instance { get; }

    /// <summary>Finds an exchange.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>Its record; <see langword="null"/> if the journal has none.</returns>
    /// <exception cref="AuditJournalBrokenException">An entry of it was altered.</exception>
    /// <exception cref="AuditJournalException">The journal may not be read.</exception>
    public ExchangeRecord? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (!ExchangeIds.IsValid(id)) return null;
        var entries = new List<JournalEntry>();
        Reading(() =>
        {
            foreach (var segment in JournalFiles.Segments(_directory)) Collect(segment, Mark(id), (entry, _) => entries.Add(entry));
        });
        return entries.Count == 0 ? null : ExchangeRecord.Fold(entries);
    }

    /// <summary>The exchanges that were opened or closed last.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <returns>Their records, the one that changed last at the end.</returns>
    /// <exception cref="AuditJournalBrokenException">An entry of them was altered.</exception>
    /// <exception cref="AuditJournalException">The journal may not be read.</exception>
    public IReadOnlyList<ExchangeRecord> Newest(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var newestFirst = new List<string>();
        var entries = new Dictionary<string, List<JournalEntry>>(StringComparer.Ordinal);
        Reading(() =>
        {
            // Segments from the last to the first, until enough exchanges are known and all of them from their open on.
            foreach (var segment in Enumerable.Reverse(JournalFiles.Segments(_directory)))
            {
                if (newestFirst.Count < count) AddNewest(segment, count, newestFirst, entries);
                var earlier = new Dictionary<string, List<JournalEntry>>(StringComparer.Ordinal);
                Collect(segment, default, (entry, id) =>
                {
                    if (!entries.ContainsKey(id)) return;
                    if (!earlier.TryGetValue(id, out var list)) earlier[id] = list = [];
                    list.Add(entry);
                }, entries.ContainsKey);
                foreach (var (id, list) in earlier) entries[id].InsertRange(0, list);
                if (newestFirst.Count == count && entries.Values.All(list => list.Count > 0 && list[0].Kind == AuditKinds.Open)) break;
            }
        });
        newestFirst.Reverse();
        return [.. newestFirst.Where(id => entries[id].Count > 0).Select(id => ExchangeRecord.Fold(entries[id]))];
    }

    private static void AddNewest(
        JournalFiles.Segment segment, int count, List<string> newestFirst, Dictionary<string, List<JournalEntry>> entries)
    {
        var last = new Dictionary<string, long>(StringComparer.Ordinal);
        using var lines = new LineScanner(segment.Path);
        while (lines.TryRead(out var line))
        {
            if (JournalLine.TrySplit(line, out _, out var json) && EntryHeader.TryRead(json, out var header) && AuditKinds.IsOfExchange(header.Kind))
                last[Encoding.UTF8.GetString(header.Id)] = header.Sequence;
        }

        foreach (var (id, _) in last.OrderByDescending(pair => pair.Value))
        {
            if (newestFirst.Count == count) return;
            if (entries.TryAdd(id, [])) newestFirst.Add(id);
        }
    }

    /// <summary>Hands over the entries of a segment that contain a text and have an id that is wanted.</summary>
    private static void Collect(
        JournalFiles.Segment segment, ReadOnlySpan<byte> text, Action<JournalEntry, string> take, Predicate<string>? isWanted = null)
    {
        using var lines = new LineScanner(segment.Path);
        while (lines.TryRead(out var line))
        {
            if (line.IndexOf(text) < 0 || !JournalLine.TrySplit(line, out var hash, out var json) || !EntryHeader.TryRead(json, out var header)) continue;
            var id = Encoding.UTF8.GetString(header.Id);
            if (isWanted is null ? !text.SequenceEqual(Mark(id)) : !isWanted(id)) continue;
            if (!JournalLine.Verifies(line))
            {
                throw new AuditJournalBrokenException(new JournalFault(
                    JournalFaultKind.BytesAltered, segment.Name, lines.Line, lines.Offset, header.Sequence, "the line was altered"));
            }

            take(new JournalEntry(header.Sequence, Encoding.ASCII.GetString(hash), json.ToArray()), id);
        }
    }

    private static byte[] Mark(string id) => Encoding.ASCII.GetBytes($"\"id\":\"{id}\"");

    private void Reading(Action read)
    {
        try
        {
            read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AuditJournalException($"The audit journal in {_directory} could not be read: {exception.Message}", exception);
        }
    }
}
