using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Stores;

namespace Gateway.Audit.Search;

/// <summary>
/// Finds exchanges in archive, journal and any further tail of entries as one: what the archive holds is found by its
/// indexes, what lies beyond is read. Nothing is listed twice.
/// </summary>
public sealed class RecordSearch
{
    private readonly ObjectStore? _archive;
    private readonly string? _journal;
    private readonly Func<string, long, IAsyncEnumerable<JournalEntry>>? _tail;
    private readonly Func<CancellationToken, Task<IReadOnlyList<string>>>? _tailInstances;

    /// <summary>Prepares a search.</summary>
    /// <param name="archive">Store of the archive; <see langword="null"/> for none.</param>
    /// <param name="journal">Directory of the journal; <see langword="null"/> for none.</param>
    /// <param name="tail">Entries of a journal after a number from a further place (Redis); <see langword="null"/> for none.</param>
    /// <param name="tailInstances">Ids of the journals that the further place knows.</param>
    public RecordSearch(
        ObjectStore? archive,
        string? journal,
        Func<string, long, IAsyncEnumerable<JournalEntry>>? tail = null,
        Func<CancellationToken, Task<IReadOnlyList<string>>>? tailInstances = null) =>
        (_archive, _journal, _tail, _tailInstances) = (archive, journal, tail, tailInstances);

    /// <summary>Finds exchanges, the newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="before">Only those that stand before a place: time of opening and id of the last one of the page before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<FoundRecord>> FindAsync(
        RecordFilter filter, int limit, (DateTimeOffset Time, string Id)? before = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var newest = new SortedSet<FoundRecord>(Comparer<FoundRecord>.Create(Compare));
        await foreach (var found in AllAsync(filter, limit, before, cancellationToken))
        {
            if (before is { } place && Compare(found.Record.Time, found.Record.Id, place.Time, place.Id) >= 0) continue;
            newest.Add(found);
            if (newest.Count > limit) newest.Remove(newest.Min!);
        }

        return [.. newest.Reverse()];
    }

    /// <summary>Finds an exchange.</summary>
    public async Task<FoundRecord?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        await FindAsync(new RecordFilter { Id = id }, 1, null, cancellationToken) is [var found] ? found : null;

    /// <summary>Every exchange that matches, journal by journal in the order in which they ended.</summary>
    public IAsyncEnumerable<FoundRecord> AllAsync(RecordFilter filter, CancellationToken cancellationToken = default) =>
        AllAsync(filter, int.MaxValue, null, cancellationToken);

    private async IAsyncEnumerable<FoundRecord> AllAsync(
        RecordFilter filter, int newest, (DateTimeOffset Time, string Id)? before, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var instance in await InstancesAsync(cancellationToken))
        {
            // What lies beyond the archive first: it may lower what a record in the archive says was delivered.
            var folder = _archive is null ? null : await ArchiveFolder.OpenAsync(_archive, instance, cancellationToken);
            var archive = folder is { Manifests.Count: > 0 } ? new ArchiveSearch(folder) : null;
            var assembly = new ExchangeAssembly();
            if (archive is not null) await archive.SeedAsync(assembly, cancellationToken);
            var late = new Dictionary<string, List<JournalEntry>>(StringComparer.Ordinal);
            var beyond = await BeyondAsync(instance, folder?.Last ?? 0, filter, assembly, late, cancellationToken);
            if (archive is not null)
            {
                await foreach (var found in archive.FindAsync(filter, newest, before, cancellationToken))
                    yield return late.TryGetValue(found.Record.Id, out var deliveries) ? Lowered(found, deliveries) : found;
            }

            foreach (var found in beyond) yield return found;
        }
    }

    private static FoundRecord Lowered(FoundRecord found, List<JournalEntry> deliveries)
    {
        IReadOnlyList<JournalEntry> entries = [.. found.Entries, .. deliveries];
        return found with { Record = ExchangeRecord.Fold(entries), Entries = entries };
    }

    private async Task<IReadOnlyList<string>> InstancesAsync(CancellationToken cancellationToken)
    {
        var instances = new List<string>();
        if (_journal is not null && JournalFiles.ReadInstance(_journal) is { } own) instances.Add(own);
        if (_archive is not null) instances.AddRange(await ArchiveFolder.InstancesAsync(_archive, cancellationToken));
        if (_tailInstances is not null) instances.AddRange(await _tailInstances(cancellationToken));
        return [.. instances.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What the archive does not hold yet: the journal's entries, and beyond them those of the further place.</summary>
    private async Task<List<FoundRecord>> BeyondAsync(
        string instance, long last, RecordFilter filter, ExchangeAssembly assembly, Dictionary<string, List<JournalEntry>> late, CancellationToken cancellationToken)
    {
        var place = "archive";
        var matched = new Dictionary<string, (List<JournalEntry> Entries, string Place)>(StringComparer.Ordinal);
        await foreach (var (entry, from) in EntriesAsync(instance, last, cancellationToken))
        {
            place = from;
            if (entry.Kind == AuditKinds.Delivery)
            {
                if (matched.TryGetValue(entry.ExchangeId, out var known)) known.Entries.Add(entry);
                else if (late.TryGetValue(entry.ExchangeId, out var deliveries)) deliveries.Add(entry);
                else late[entry.ExchangeId] = [entry];
            }
            else if (assembly.Take(entry) is { } closed && filter.Matches(ExchangeRecord.Fold(closed))) matched[entry.ExchangeId] = (closed, from);
        }

        var found = new List<FoundRecord>();
        foreach (var (entries, from) in matched.Values) found.Add(new FoundRecord(ExchangeRecord.Fold(entries), entries, instance, from));
        foreach (var entries in assembly.Open)
        {
            var record = ExchangeRecord.Fold(entries);
            if (filter.Matches(record)) found.Add(new FoundRecord(record, entries, instance, place));
        }

        return found;
    }

    private async IAsyncEnumerable<(JournalEntry Entry, string Place)> EntriesAsync(
        string instance, long last, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_journal is not null && JournalFiles.ReadInstance(_journal) == instance)
        {
            using var reader = new JournalReader(_journal);
            var start = JournalStart.Read(_journal)?.Sequence ?? 0;
            reader.SeekAfter(Math.Max(last, start));
            while (reader.TryRead(out var entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                last = entry.Sequence;
                yield return (entry, "journal");
            }
        }

        if (_tail is null) yield break;
        await foreach (var entry in _tail(instance, last).WithCancellation(cancellationToken))
        {
            if (entry.Sequence > last) yield return (entry, "redis");
        }
    }

    private static int Compare(FoundRecord left, FoundRecord right) => Compare(left.Record.Time, left.Record.Id, right.Record.Time, right.Record.Id);

    private static int Compare(DateTimeOffset leftTime, string leftId, DateTimeOffset rightTime, string rightId) =>
        leftTime == rightTime ? string.CompareOrdinal(leftId, rightId) : leftTime.CompareTo(rightTime);
}
