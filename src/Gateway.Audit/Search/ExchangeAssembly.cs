using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.Audit.Search;

/// <summary>Puts entries that come in order together to exchanges. Holds those that are open, and no others.</summary>
internal sealed class ExchangeAssembly
{
    private readonly Dictionary<string, List<JournalEntry>> _open = new(StringComparer.Ordinal);

    /// <summary>Exchanges without a close so far.</summary>
    public IEnumerable<IReadOnlyList<JournalEntry>> Open => _open.Values;

    /// <summary>Takes an open entry that lies before those that come.</summary>
    public void Seed(JournalEntry entry) => _open[entry.ExchangeId] = [entry];

    /// <summary>Takes an entry.</summary>
    /// <returns>The entries of an exchange that it closes; <see langword="null"/> otherwise.</returns>
    public List<JournalEntry>? Take(JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case AuditKinds.Open:
                _open[entry.ExchangeId] = [entry];
                return null;
            case AuditKinds.Close:
                if (!_open.Remove(entry.ExchangeId, out var entries)) entries = [];
                entries.Add(entry);
                return entries;
            default:
                return null;
        }
    }
}
