using System.Globalization;
using Gateway.Audit.Search;
using Gateway.Audit.Seals;
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
    /// <param name="months">Calendar months, 6 at least; records that ask for more are kept longer, and their segment with them.</param>
    /// <param name="holds">The holds in force.</param>
    /// <param name="now">The time.</param>
    /// <param name="key">The key that signs what remains.</param>
    /// <param name="record">Records each deletion in a chain, durable when it completes, and says which journal's; <see langword="null"/> where none is at hand.</param>
    /// <param name="cancellationToken">Gives up between segments.</param>
    /// <returns>The manifests of the segments deleted, those that a hold keeps, and the time of the oldest entry that remains.</returns>
    public static async Task<(IReadOnlyList<ArchiveManifest> Deleted, IReadOnlyList<ArchiveManifest> Held, DateTimeOffset Oldest)> ApplyAsync(
        ObjectStore store, string instance, int months, IReadOnlyList<LegalHold> holds, DateTimeOffset now,
        Func<SealingKey> key, Func<IReadOnlyDictionary<string, string>, Task<string?>> record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(holds);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(record);
        ArgumentOutOfRangeException.ThrowIfLessThan(months, LeastMonths);
        var folder = await ArchiveFolder.OpenAsync(store, instance, cancellationToken);
        var deleted = new List<ArchiveManifest>();
        var held = new List<ArchiveManifest>();
        var oldest = now;
        foreach (var manifest in folder.Manifests)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (folder.IsDeleted(manifest)) continue;
            var own = Math.Max(months, manifest.RetentionMonths ?? 0);
            var isStated = folder.Names.Contains(ArchiveDeletion.NameOf(manifest));
            if (!isStated && (manifest.Last == folder.Last || now < EndOf(manifest.To, own))) oldest = manifest.From < oldest ? manifest.From : oldest;
            else if (!isStated && await IsHeldAsync(folder, manifest, holds, cancellationToken))
            {
                held.Add(manifest);
                oldest = manifest.From < oldest ? manifest.From : oldest;
            }
            else
            {
                // The record and the statement first: a deletion that nobody can account for must not exist. Where both are there, an
                // archiver before this one stopped in the middle.
                if (!isStated) await StateAsync(store, manifest, own, now, key, record, cancellationToken);
                await store.DeleteAsync(manifest.Index.Name, cancellationToken);
                await store.DeleteAsync(manifest.Data.Name, cancellationToken);
                deleted.Add(manifest);
            }
        }

        foreach (var orphan in folder.Orphans) await store.DeleteAsync(orphan, cancellationToken);
        return (deleted, held, oldest);
    }

    private static async Task StateAsync(
        ObjectStore store, ArchiveManifest manifest, int months, DateTimeOffset now, Func<SealingKey> key,
        Func<IReadOnlyDictionary<string, string>, Task<string?>> record, CancellationToken cancellationToken)
    {
        var recordedIn = await record(new Dictionary<string, string>
        {
            ["segment"] = ArchiveManifest.NameOf(manifest.Instance, manifest.First, manifest.Last),
            ["first"] = manifest.First.ToString(CultureInfo.InvariantCulture),
            ["last"] = manifest.Last.ToString(CultureInfo.InvariantCulture),
            ["merkleRoot"] = manifest.MerkleRoot,
            ["months"] = months.ToString(CultureInfo.InvariantCulture),
        });
        using var signing = key();
        var note = new ArchiveDeletion
        {
            Instance = manifest.Instance,
            First = manifest.First,
            Last = manifest.Last,
            MerkleRoot = manifest.MerkleRoot,
            Months = months,
            Deleted = now,
            RecordedIn = recordedIn,
            KeyId = signing.Id,
            PublicKey = Convert.ToBase64String(signing.PublicKey),
            Endorsement = signing.Endorsement,
        };
        await store.PutAsync(ArchiveDeletion.NameOf(manifest), note.Sign(signing), cancellationToken);
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
