using System.Globalization;
using System.IO.Compression;
using System.Text;
using Gateway.Audit.Journal;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;

namespace Gateway.Audit.Archive;

/// <summary>The archive of one journal in a store, for reading: manifests, indexes, single entries.</summary>
public sealed class ArchiveFolder
{
    private const int KeptBlocks = 16;
    private const int ReadsAtOnce = 16;

    private readonly ObjectStore _store;
    private readonly Dictionary<string, SegmentIndex> _indexes = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Name, long Offset, byte[] Lines)> _blocks = [];

    private ArchiveFolder(ObjectStore store, string instance, IReadOnlyList<ArchiveManifest> manifests, string? lastLine, HashSet<string> names) =>
        (_store, Instance, Manifests, LastManifestHash, Names) = (store, instance, manifests, lastLine, names);

    /// <summary>Id of the journal.</summary>
    public string Instance { get; }

    /// <summary>Manifests in order.</summary>
    public IReadOnlyList<ArchiveManifest> Manifests { get; }

    /// <summary>What the next manifest links to; <see langword="null"/> before the first.</summary>
    public string? LastManifestHash { get; }

    /// <summary>Last archived entry; 0 where there is none.</summary>
    public long Last => Manifests.Count == 0 ? 0 : Manifests[^1].Last;

    /// <summary>Names of all objects.</summary>
    internal HashSet<string> Names { get; }

    /// <summary>
    /// Parts of segments that were begun where these manifests have gone on: no manifest can name them any more. Those that begin behind
    /// the last one are none: another archiver may be about to finish theirs.
    /// </summary>
    internal IReadOnlyList<string> Orphans
    {
        get
        {
            if (Manifests.Count == 0) return [];
            var named = Manifests.SelectMany(manifest => (string[])[manifest.Data.Name, manifest.Index.Name]).ToHashSet(StringComparer.Ordinal);
            return [.. Names.Where(name => !named.Contains(name) && FirstOf(name) is { } first && first >= Manifests[0].First && first <= Last)];
        }
    }

    /// <summary>Whether a segment's entries were deleted at the end of their retention.</summary>
    public bool IsDeleted(ArchiveManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return !Names.Contains(manifest.Data.Name) && Names.Contains(ArchiveDeletion.NameOf(manifest));
    }

    /// <summary>Ids of the journals that a store holds archives of.</summary>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    public static async Task<IReadOnlyList<string>> InstancesAsync(ObjectStore store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return [.. (await store.ListAsync("archive/", cancellationToken)).Select(name => name.Split('/')).Where(parts => parts.Length == 3)
            .Select(parts => parts[1]).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Opens an archive.</summary>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    /// <exception cref="AuditFormatException">A manifest cannot be read.</exception>
    public static async Task<ArchiveFolder> OpenAsync(ObjectStore store, string instance, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var names = await store.ListAsync(ArchiveManifest.Folder(instance), cancellationToken);
        var files = names.Where(name => name.EndsWith(ArchiveManifest.Suffix, StringComparison.Ordinal)).ToArray();
        var manifests = new ArchiveManifest[files.Length];
        string? last = null;
        await Parallel.ForAsync(0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken }, async (index, token) =>
        {
            var (manifest, hash) = await ReadManifestAsync(store, files[index], token);
            manifests[index] = manifest;
            if (index == files.Length - 1) last = hash;
        });
        return new ArchiveFolder(store, instance, manifests, last, names.ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Opens only the end of an archive: what a writer needs to go on.</summary>
    /// <returns>The end, and names of manifests behind it that a store which does not keep objects whole has only the beginning of.</returns>
    /// <exception cref="ObjectStoreException">The store failed.</exception>
    /// <exception cref="AuditFormatException">The last manifest cannot be read.</exception>
    internal static async Task<(ArchiveFolder Folder, IReadOnlyList<string> Torn)> OpenEndAsync(ObjectStore store, string instance, CancellationToken cancellationToken)
    {
        var names = await store.ListAsync(ArchiveManifest.Folder(instance), cancellationToken);
        var all = names.ToHashSet(StringComparer.Ordinal);
        var torn = new List<string>();
        foreach (var name in names.Reverse().Where(name => name.EndsWith(ArchiveManifest.Suffix, StringComparison.Ordinal)))
        {
            var file = await ReadFileAsync(store, name, cancellationToken);
            if (SignedLine.IsWhole(file)) return (new ArchiveFolder(store, instance, [ArchiveManifest.Read(file, name, out var line, out _)], ArchiveManifest.HashOf(line), all), torn);
            torn.Add(name);
        }

        return (new ArchiveFolder(store, instance, [], null, all), torn);
    }

    private static async Task<(ArchiveManifest Manifest, string Hash)> ReadManifestAsync(ObjectStore store, string name, CancellationToken cancellationToken)
    {
        var file = await ReadFileAsync(store, name, cancellationToken);
        var manifest = ArchiveManifest.Read(file, name, out var line, out _);
        return (manifest, ArchiveManifest.HashOf(line));
    }

    /// <summary>First entry of the segment that a file is a part of; <see langword="null"/> for manifests and what is not ours.</summary>
    private long? FirstOf(string name)
    {
        const int digits = 20;
        var rest = name.AsSpan(ArchiveManifest.Folder(Instance).Length);
        var isPart = rest.Length > digits && (rest.EndsWith(ArchiveManifest.DataEnd, StringComparison.Ordinal) || rest.EndsWith(ArchiveManifest.IndexEnd, StringComparison.Ordinal));
        return isPart && long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : null;
    }

    private static async Task<byte[]> ReadFileAsync(ObjectStore store, string name, CancellationToken cancellationToken) =>
        await store.GetAsync(name, cancellationToken) ?? throw new ObjectStoreException($"{name} in {store.Description} is gone again.");

    /// <summary>Reads an entry and checks its hash.</summary>
    /// <returns><see langword="null"/> if the archive does not hold it (any more).</returns>
    /// <exception cref="AuditFormatException">It was altered.</exception>
    public async Task<JournalEntry?> ReadAsync(long sequence, CancellationToken cancellationToken = default)
    {
        var manifest = Manifests.FirstOrDefault(each => each.First <= sequence && sequence <= each.Last);
        if (manifest is null || IsDeleted(manifest)) return null;
        var block = (await IndexAsync(manifest, cancellationToken)).BlockOf(sequence);
        var lines = await LinesAsync(manifest, block, cancellationToken);
        var start = 0;
        while (lines.AsSpan(start).IndexOf((byte)'\n') is var length and >= 0)
        {
            var line = lines.AsSpan(start, length);
            if (JournalLine.TrySplit(line, out var hash, out var json) && EntryHeader.TryRead(json, out var header) && header.Sequence == sequence)
            {
                if (!JournalLine.Verifies(line)) throw new AuditFormatException($"Entry {sequence} in {manifest.Data.Name} was altered. Run `gateway audit verify` on the archive.");
                return new JournalEntry(sequence, Encoding.ASCII.GetString(hash), json.ToArray());
            }

            start += length + 1;
        }

        throw new AuditFormatException($"Entry {sequence} is not where the index of {manifest.Data.Name} says. Run `gateway audit verify` on the archive.");
    }

    /// <summary>All lines of a segment, as they stood in the journal.</summary>
    /// <exception cref="ObjectStoreException">The store failed, or the object is gone.</exception>
    /// <exception cref="AuditFormatException">The object is not what the manifest says.</exception>
    internal async Task<byte[]> ReadSegmentAsync(ArchiveManifest manifest, CancellationToken cancellationToken = default)
    {
        var file = await GetAsync(manifest.Data, cancellationToken);
        return Unzip(file, manifest.Data.Name);
    }

    /// <summary>The hashes of a segment's entries, in order.</summary>
    /// <exception cref="AuditFormatException">The segment is not what the manifest says.</exception>
    public async Task<IReadOnlyList<string>> HashesAsync(ArchiveManifest manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var lines = await ReadSegmentAsync(manifest, cancellationToken);
        var hashes = new List<string>((int)manifest.Records);
        for (var start = 0; lines.AsSpan(start).IndexOf((byte)'\n') is var length and >= 0; start += length + 1)
            hashes.Add(Encoding.ASCII.GetString(lines.AsSpan(start, EntryHash.Length)));
        return hashes;
    }

    /// <summary>The index of a segment.</summary>
    internal async Task<SegmentIndex> IndexAsync(ArchiveManifest manifest, CancellationToken cancellationToken = default)
    {
        if (_indexes.TryGetValue(manifest.Index.Name, out var index)) return index;
        var bytes = await GetAsync(manifest.Index, cancellationToken);
        return _indexes[manifest.Index.Name] = SegmentIndex.Read(bytes, manifest.Index.Name);
    }

    /// <summary>Checks that the index is the one the manifest names.</summary>
    internal async Task CheckIndexAsync(ArchiveManifest manifest, CancellationToken cancellationToken) => await GetAsync(manifest.Index, cancellationToken);

    private async Task<byte[]> GetAsync(ArchivedObject named, CancellationToken cancellationToken)
    {
        var bytes = await _store.GetAsync(named.Name, cancellationToken)
            ?? throw new ObjectStoreException($"{named.Name} is missing in {_store.Description}: it was removed, or deleted without a trace.");
        return bytes.Length == named.Bytes && ArchiveManifest.HashOf(bytes) == named.Sha256
            ? bytes
            : throw new AuditFormatException($"{named.Name} in {_store.Description} is not what its manifest says: it was altered.");
    }

    private async Task<byte[]> LinesAsync(ArchiveManifest manifest, IndexBlock block, CancellationToken cancellationToken)
    {
        for (var node = _blocks.First; node is not null; node = node.Next)
        {
            if (node.Value.Name != manifest.Data.Name || node.Value.Offset != block.Offset) continue;
            _blocks.Remove(node);
            _blocks.AddFirst(node);
            return node.Value.Lines;
        }

        var bytes = await _store.GetAsync(manifest.Data.Name, block.Offset, block.Length, cancellationToken)
            ?? throw new ObjectStoreException($"{manifest.Data.Name} is missing in {_store.Description}.");
        var lines = Unzip(bytes, manifest.Data.Name);
        _blocks.AddFirst((manifest.Data.Name, block.Offset, lines));
        if (_blocks.Count > KeptBlocks) _blocks.RemoveLast();
        return lines;
    }

    private static byte[] Unzip(byte[] bytes, string name)
    {
        try
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            using var lines = new MemoryStream(bytes.Length * 4);
            gzip.CopyTo(lines);
            return lines.ToArray();
        }
        catch (InvalidDataException exception)
        {
            throw new AuditFormatException($"{name} is no gzip file: it was altered.", exception);
        }
    }
}
