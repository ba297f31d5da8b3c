using System.Globalization;
using System.Text;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Audit.Stores;

namespace Gateway.Audit.Archive;

/// <summary>
/// Deletes segments whose retention has ended: whole segments, never one that a hold touches, and never before the
/// deletion is recorded. The signed manifest stays, so the rest of the archive still verifies.
/// </summary>
public static class ArchiveRetention
{
    /// <summary>Fewest calendar months that records are kept.</summary>
    public const int LeastMonths = 6;

    private static readonly TimeSpan EasternmostOffset = TimeSpan.FromHours(14);
    private static readonly TimeSpan WesternmostOffset = TimeSpan.FromHours(-12);

    /// <summary>The instant at which a record of a time may be deleted: so many calendar months later, on the calendar of whatever place counts longest.</summary>
    public static DateTimeOffset EndOf(DateTimeOffset time, int months)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(months, LeastMonths);
        var west = time.ToOffset(WesternmostOffset).AddMonths(months);
        var east = time.ToOffset(EasternmostOffset).AddMonths(months);
        var plain = time.ToUniversalTime().AddMonths(months);
        return new[] { west, east, plain }.Max();
    }

    /// <summary>Deletes what may be deleted.</summary>
    /// <param name="store">Where the archive is.</param>
    /// <param name="instance">Id of the journal.</param>
    /// <param name="months">Calendar months, 6 at least.</param>
    /// <param name="holds">The holds in force.</param>
    /// <param name="now">The time.</param>
    /// <param name="record">Records each deletion in the chain; must be durable when it completes.</param>
    /// <param name="cancellationToken">Gives up between segments.</param>
    /// <returns>The manifests of the segments deleted, and of those that a hold keeps.</returns>
    public static async Task<(IReadOnlyList<ArchiveManifest> Deleted, IReadOnlyList<ArchiveManifest> Held)> ApplyAsync(
        ObjectStore store, string instance, int months, IReadOnlyList<LegalHold> holds, DateTimeOffset now,
        Func<IReadOnlyDictionary<string, string>, Task> record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(holds);
        ArgumentNullException.ThrowIfNull(record);
        ArgumentOutOfRangeException.ThrowIfLessThan(months, LeastMonths);
        var folder = await ArchiveFolder.OpenAsync(store, instance, cancellationToken);
        var deleted = new List<ArchiveManifest>();
        var held = new List<ArchiveManifest>();
        foreach (var manifest in folder.Manifests)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (manifest.Last == folder.Last || now < EndOf(manifest.To, months)) continue;
            if (folder.IsDeleted(manifest)) continue;
            if (await IsHeldAsync(folder, manifest, holds, cancellationToken))
            {
                held.Add(manifest);
                continue;
            }

            // The record first: a deletion that nobody can account for must not exist.
            var facts = new Dictionary<string, string>
            {
                ["segment"] = ArchiveManifest.NameOf(instance, manifest.First, manifest.Last),
                ["first"] = manifest.First.ToString(CultureInfo.InvariantCulture),
                ["last"] = manifest.Last.ToString(CultureInfo.InvariantCulture),
                ["merkleRoot"] = manifest.MerkleRoot,
                ["months"] = months.ToString(CultureInfo.InvariantCulture),
            };
            await record(facts);
            await store.PutAsync(ArchiveFolder.DeletedName(manifest), Encoding.UTF8.GetBytes($"retention of {months} months ended; recorded in the chain as {AuditEvents.Deletion}\n"), cancellationToken);
            await store.DeleteAsync(manifest.Data.Name, cancellationToken);
            await store.DeleteAsync(manifest.Index.Name, cancellationToken);
            deleted.Add(manifest);
        }

        return (deleted, held);
    }

    private static async Task<bool> IsHeldAsync(ArchiveFolder folder, ArchiveManifest manifest, IReadOnlyList<LegalHold> holds, CancellationToken cancellationToken)
    {
        if (holds.Count == 0) return false;
        var index = await folder.IndexAsync(manifest, cancellationToken);
        foreach (var hold in holds)
        {
            var filter = hold.Filter;
            var texts = new RowTexts(index, filter);
            for (var row = 0; row < index.RowCount; row++)
            {
                if (filter.Matches(index.Row(row), texts)) return true;
            }
        }

        return false;
    }
}
