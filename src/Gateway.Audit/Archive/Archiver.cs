using Gateway.Audit.Journal;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;

namespace Gateway.Audit.Archive;

/// <summary>
/// Writes the archive of one journal: takes entries in order, makes segments, stores them, reads them back. What it says
/// is archived has been read back and verified.
/// </summary>
public sealed class Archiver : IDisposable
{
    private readonly ObjectStore _store;
    private readonly Func<SealingKey> _key;
    private readonly TimeProvider _time;
    private readonly long _segmentBytes;
    private readonly Dictionary<string, PendingExchange> _pending;
    private SegmentBuilder _builder;
    private long _number;
    private string? _previous;
    private string? _previousName;

    private Archiver(ObjectStore store, ArchiveFolder folder, Dictionary<string, PendingExchange> pending, Func<SealingKey> key, long segmentBytes, TimeProvider time)
    {
        (_store, Instance, _pending, _key, _segmentBytes, _time) = (store, folder.Instance, pending, key, segmentBytes, time);
        _number = folder.Manifests.Count == 0 ? 0 : folder.Manifests[^1].Number;
        _previous = folder.LastManifestHash;
        _previousName = folder.Manifests.Count == 0 ? null : ArchiveManifest.FileNameOf(Instance, folder.Manifests[^1].First);
        Archived = folder.Manifests.Count == 0 ? JournalPosition.None : new JournalPosition(folder.Last, folder.Manifests[^1].HeadHash);
        Taken = Archived;
        _builder = new SegmentBuilder(Instance, pending, folder.Manifests.Count == 0 ? null : folder.Manifests[^1].Seal);
    }

    /// <summary>Id of the journal.</summary>
    public string Instance { get; }

    /// <summary>The last entry that the archive holds, read back.</summary>
    public JournalPosition Archived { get; private set; }

    /// <summary>The last entry taken; what lies between is in memory.</summary>
    public JournalPosition Taken { get; private set; }

    /// <summary>Age of the oldest entry that was taken and is not archived; zero where there is none.</summary>
    public TimeSpan OldestWaiting => _builder.From is { } from ? _time.GetUtcNow() - from : TimeSpan.Zero;

    /// <summary>Opens the archive of a journal for writing; one writer at a time is the caller's duty.</summary>
    /// <param name="store">Where.</param>
    /// <param name="instance">Id of the journal.</param>
    /// <param name="key">The key that signs, asked for at each segment.</param>
    /// <param name="segmentBytes">Bytes of lines at which a segment ends. Default 64 MiB.</param>
    /// <param name="time">Clock; <see langword="null"/> for the system's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    /// <exception cref="AuditFormatException">What it holds cannot be read.</exception>
    public static async Task<Archiver> OpenAsync(
        ObjectStore store, string instance, Func<SealingKey> key, long segmentBytes = 64 * 1024 * 1024, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var (folder, torn) = await ArchiveFolder.OpenEndAsync(store, instance, cancellationToken);

        // A manifest that was not stored whole was never read back, so nothing was trimmed on its account: its entries are taken again.
        // Were it cut later, they may be gone, and then the archive does not go on: what is missing is told when the next entry comes.
        foreach (var name in torn) await store.DeleteAsync(name, cancellationToken);
        var pending = new Dictionary<string, PendingExchange>(StringComparer.Ordinal);
        if (folder.Manifests is [var last])
        {
            await ReadPendingAsync(folder, last, pending, cancellationToken);
            foreach (var orphan in folder.Orphans) await store.DeleteAsync(orphan, cancellationToken);
        }

        return new Archiver(store, folder, pending, key, segmentBytes, time ?? TimeProvider.System);
    }

    /// <summary>Takes an entry. One that was taken before is compared and passed over.</summary>
    /// <returns><see langword="true"/> when the segment is full and should be ended.</returns>
    /// <exception cref="AuditFormatException">It does not follow the last one.</exception>
    public bool Take(JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Sequence <= Taken.Sequence)
        {
            if (entry.Sequence == Taken.Sequence && entry.Hash != Taken.Hash) throw Different(entry);
            return false;
        }

        if (entry.Sequence != Taken.Sequence + 1)
        {
            throw new AuditFormatException(
                $"Entry {entry.Sequence} of journal {Instance} follows entry {Taken.Sequence}: the entries between are missing. Nothing was archived; bring them from the journal.");
        }

        if (Taken.Hash is not null && entry.PreviousHash != Taken.Hash) throw Different(entry);
        if (ArchiveManifest.HashOf(entry.Json.Span) != entry.Hash)
            throw new AuditFormatException($"Entry {entry.Sequence} of journal {Instance} was altered on its way to the archive. Nothing of it was archived.");
        _builder.Add(entry);
        Taken = new JournalPosition(entry.Sequence, entry.Hash);
        return _builder.RawBytes >= _segmentBytes;
    }

    /// <summary>Ends the segment: stores it, reads it back, and only then counts it as archived.</summary>
    /// <returns>Its manifest; <see langword="null"/> if there was nothing to end.</returns>
    /// <exception cref="ObjectStoreException">The store failed; what was taken is still here and can be ended again.</exception>
    public async Task<ArchiveManifest?> EndSegmentAsync(CancellationToken cancellationToken = default)
    {
        if (_builder.Count == 0) return null;
        using var key = _key();
        var (manifest, data, index) = _builder.Build(_number + 1, _previous, _time.GetUtcNow(), key);
        var file = manifest.Sign(key);
        var name = ArchiveManifest.FileNameOf(Instance, manifest.First);
        try
        {
            // The manifest last: a segment exists when it does. The one before must be the one that this goes on from: where a store
            // overwrites, another archiver may have put its own there.
            await PutPartAsync(manifest.Data.Name, data, cancellationToken);
            await PutPartAsync(manifest.Index.Name, index, cancellationToken);
            await ConfirmAsync(manifest.Data, cancellationToken);
            await ConfirmAsync(manifest.Index, cancellationToken);
            await ConfirmEndAsync(cancellationToken);
            await _store.PutAsync(name, file, cancellationToken);
            if (!(await _store.GetAsync(name, cancellationToken)).AsSpan().SequenceEqual(file)) throw new ObjectStoreException($"{name} in {_store.Description} was not read back as it was written.");
        }
        catch
        {
            _builder.Forget(manifest.Open.Count);
            throw;
        }

        _number++;
        (_previousName, _previous) = (name, ArchiveManifest.HashOf(SignedLine.Read(file, name, out _)));
        Archived = new JournalPosition(manifest.Last, manifest.HeadHash);
        var seal = _builder.Seal;
        _builder.Dispose();
        _builder = new SegmentBuilder(Instance, _pending, seal);
        return manifest;
    }

    /// <inheritdoc/>
    public void Dispose() => _builder.Dispose();

    /// <summary>
    /// Stores a part of a segment that no manifest names yet. What an archiver before this one left half written under the name, on a
    /// store that does not keep objects whole, makes room: else it would be in the way for ever.
    /// </summary>
    private async Task PutPartAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        if (await _store.GetAsync(name, cancellationToken) is { } left && !left.AsSpan().SequenceEqual(content)) await _store.DeleteAsync(name, cancellationToken);
        await _store.PutAsync(name, content, cancellationToken);
    }

    private async Task ConfirmEndAsync(CancellationToken cancellationToken)
    {
        if (_previousName is null) return;
        var file = await _store.GetAsync(_previousName, cancellationToken);
        if (file is null || !SignedLine.IsWhole(file) || ArchiveManifest.HashOf(SignedLine.Read(file, _previousName, out _)) != _previous)
            throw new ObjectStoreException($"{_previousName} in {_store.Description} is not the manifest that this archiver goes on from: another one archives the same journal. Nothing was trimmed.");
    }

    private async Task ConfirmAsync(ArchivedObject named, CancellationToken cancellationToken)
    {
        var bytes = await _store.GetAsync(named.Name, cancellationToken);
        if (bytes is null || ArchiveManifest.HashOf(bytes) != named.Sha256)
            throw new ObjectStoreException($"{named.Name} in {_store.Description} was not read back as it was written. Nothing was trimmed.");
    }

    private AuditFormatException Different(JournalEntry entry) => new(
        $"Entry {entry.Sequence} of journal {Instance} is not the one the archive goes on with: one of the two was altered, or the journal was restored from an older copy. Nothing was archived.");

    private static async Task ReadPendingAsync(
        ArchiveFolder folder, ArchiveManifest last, Dictionary<string, PendingExchange> pending, CancellationToken cancellationToken)
    {
        var index = await folder.IndexAsync(last, cancellationToken);
        var byHash = last.Open.ToDictionary(SegmentIndex.HashOfId);
        for (var at = 0; at < index.RowCount; at++)
        {
            var row = index.Row(at);
            if (row.Kind != IndexRowKind.Pending || !byHash.TryGetValue(row.IdHash, out var id)) continue;
            pending[id] = new PendingExchange(
                row.OpenSeq, row.Opened, index.Text(row.Tenant), index.Text(row.User), index.Text(row.Model), index.Text(row.Risks),
                row.RequestAction switch { (byte)'a' => "allow", (byte)'l' => "label", (byte)'m' => "mask", (byte)'b' => "block", _ => null }, row.TrainingUse, row.Months);
        }
    }
}
