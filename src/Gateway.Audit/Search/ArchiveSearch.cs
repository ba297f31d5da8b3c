using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.Audit.Search;

/// <summary>Finds exchanges in one archive by the indexes of its segments; only blocks with hits are read.</summary>
internal sealed class ArchiveSearch(ArchiveFolder folder)
{
    /// <summary>Hands over the open entries of exchanges that are open at the archive's end.</summary>
    public async Task SeedAsync(ExchangeAssembly assembly, CancellationToken cancellationToken)
    {
        var index = await folder.IndexAsync(folder.Manifests[^1], cancellationToken);
        for (var row = 0; row < index.RowCount; row++)
        {
            var each = index.Row(row);
            if (each.Kind == IndexRowKind.Pending && await folder.ReadAsync(each.OpenSeq, cancellationToken) is { } open) assembly.Seed(open);
        }
    }

    /// <summary>Finds exchanges that the archive holds to their close.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="newest">Only the newest so many are wanted.</param>
    /// <param name="before">Only those before a time of opening.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<FoundRecord> FindAsync(
        RecordFilter filter,
        int newest,
        (DateTimeOffset Time, string Id)? before,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // 1. Rows of all segments that match, and the deliveries that came after closes.
        var hits = new List<IndexRow>();
        var deliveries = new Dictionary<ulong, List<long>>();
        var until = before?.Time.UtcTicks ?? long.MaxValue;
        for (var at = 0; at < folder.Manifests.Count; at++)
        {
            var manifest = folder.Manifests[at];
            if (folder.IsDeleted(manifest)) continue;
            // An exchange is opened before it is closed: a segment that ends before the wanted time holds no later one.
            if (filter.From is { } from && manifest.To < from) continue;
            var index = await folder.IndexAsync(manifest, cancellationToken);
            var texts = new RowTexts(index, filter);
            var mayHold = filter.Users is null || texts.Users.Count > 0;
            for (var row = 0; row < index.RowCount; row++)
            {
                var each = index.Row(row);
                if (each.Kind == IndexRowKind.Delivery) Note(deliveries, each);
                else if (each.Kind == IndexRowKind.Closed && mayHold && each.Opened <= until && filter.Matches(each, texts)) hits.Add(each);
            }
        }

        // 2. The newest of them, read block by block.
        if (hits.Count > newest)
        {
            hits.Sort(static (left, right) => right.Opened.CompareTo(left.Opened));

            // Those opened at the same instant as the last one wanted stay in: the id decides among them.
            var cut = newest;
            while (cut < hits.Count && hits[cut].Opened == hits[newest - 1].Opened) cut++;
            hits.RemoveRange(cut, hits.Count - cut);
            hits.Sort(static (left, right) => left.Seq.CompareTo(right.Seq));
        }

        foreach (var hit in hits)
        {
            var entries = new List<JournalEntry>();
            if (hit.OpenSeq > 0 && await folder.ReadAsync(hit.OpenSeq, cancellationToken) is { } open) entries.Add(open);
            if (await folder.ReadAsync(hit.Seq, cancellationToken) is { } close) entries.Add(close);
            foreach (var late in deliveries.GetValueOrDefault(hit.IdHash, []))
            {
                if (await folder.ReadAsync(late, cancellationToken) is { } delivery) entries.Add(delivery);
            }

            if (entries.Count == 0) continue;
            var record = ExchangeRecord.Fold(entries);
            if (filter.Matches(record)) yield return new FoundRecord(record, entries, folder.Instance, "archive");
        }
    }

    private static void Note(Dictionary<ulong, List<long>> deliveries, in IndexRow row)
    {
        if (!deliveries.TryGetValue(row.IdHash, out var list)) deliveries[row.IdHash] = list = [];
        list.Add(row.Seq);
    }
}
