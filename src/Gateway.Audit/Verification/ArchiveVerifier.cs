using System.Globalization;
using System.Text;
using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;

namespace Gateway.Audit.Verification;

/// <summary>
/// Verifies the archive of a journal by its objects and, where given, public keys and anchors: signatures of the
/// manifests, their chain, every entry's hash and link, the Merkle roots, the indexes' hashes and the seals.
/// </summary>
public sealed class ArchiveVerifier
{
    private readonly ObjectStore _store;
    private readonly string _instance;
    private readonly SealKeyRing _ring;
    private readonly SealChecker _seals;
    private ChainWalker _chain;
    private long _bytes;
    private long _entries;
    private int _deleted;

    private ArchiveVerifier(ObjectStore store, string instance, SealKeyRing ring, IReadOnlyDictionary<long, SealEntry>? anchors)
    {
        (_store, _instance, _ring) = (store, instance, ring);
        _seals = new SealChecker(instance, ring, null, anchors);
        _chain = new ChainWalker(instance, null, _seals);
    }

    /// <summary>Verifies.</summary>
    /// <param name="store">Where the archive is.</param>
    /// <param name="instance">Id of the journal.</param>
    /// <param name="ring">Public keys; <see langword="null"/> takes those the archive brings.</param>
    /// <param name="anchors">Seals kept in a second place; <see langword="null"/> where they were not asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ArchiveVerification> VerifyAsync(
        ObjectStore store, string instance, SealKeyRing? ring = null, IReadOnlyDictionary<long, SealEntry>? anchors = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        using var own = ring is null ? new SealKeyRing() : null;
        var verifier = new ArchiveVerifier(store, instance, ring ?? own!, anchors);
        try
        {
            var folder = await ArchiveFolder.OpenAsync(store, instance, cancellationToken);
            if (folder.Manifests.Count == 0) return Unreadable(instance, $"There is no archive of journal {instance} in {store.Description}.");
            var fault = await verifier.WalkAsync(folder, cancellationToken);
            return verifier.Found(folder, fault, anchors is not null);
        }
        catch (Exception exception) when (exception is ObjectStoreException or AuditFormatException)
        {
            return Unreadable(instance, exception.Message);
        }
    }

    private static ArchiveVerification Unreadable(string instance, string problem) =>
        new() { Soundness = JournalSoundness.Unreadable, Instance = instance, Problem = problem };

    private async Task<JournalFault?> WalkAsync(ArchiveFolder folder, CancellationToken cancellationToken)
    {
        string? previous = null;
        long number = 0;
        var deleted = new List<ArchiveManifest>();
        foreach (var manifest in folder.Manifests)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = ArchiveManifest.FileNameOf(_instance, manifest.First);
            JournalFault Fault(JournalFaultKind kind, string message) => new(kind, name, 0, 0, _chain.Sequence + 1, message);

            // 1. The manifest: its signature, its place in the chain of manifests, its place in the chain of entries.
            var file = await _store.GetAsync(name, cancellationToken);
            if (file is null) return Fault(JournalFaultKind.MissingSegment, "the manifest's name does not fit what it says");
            ArchiveManifest.Read(file, name, out var line, out var signature);
            _ring.Offer(manifest.PublicKey, manifest.Endorsement);
            if (_ring.Verify(manifest.KeyId, line, signature) != true) return Fault(JournalFaultKind.SealBroken, $"the manifest is not signed by a key that is believed ({manifest.KeyId})");
            if (manifest.Number != ++number || manifest.Previous != previous || manifest.First != _chain.Sequence + 1)
                return Fault(JournalFaultKind.MissingSegment, $"segment {manifest.Number} does not follow: a segment was removed or moved");
            previous = ArchiveManifest.HashOf(line);
            if (!manifest.PrevHash.AsSpan().SequenceEqual(Encoding.ASCII.GetString(_chain.Hash))) return Fault(JournalFaultKind.LinkBroken, "the segment does not link to the one before");

            // 2. Its entries, unless their time was up.
            if (folder.IsDeleted(manifest))
            {
                _deleted++;
                deleted.Add(manifest);
                _chain = new ChainWalker(_instance, StartAfter(manifest), _seals);
                _seals.Skip(manifest);
                continue;
            }

            if (await WalkSegmentAsync(folder, manifest, cancellationToken) is { } fault) return fault;
        }

        // 3. What says that entries were deleted: signed months after them, perhaps by a key that only a later segment names.
        foreach (var manifest in deleted)
        {
            var name = ArchiveDeletion.NameOf(manifest);
            if (ArchiveDeletion.FaultOf(await _store.GetAsync(name, cancellationToken) ?? [], manifest, _ring) is { } fault)
                return new JournalFault(JournalFaultKind.MissingSegment, name, 0, 0, manifest.First, $"entries {manifest.First} to {manifest.Last} are missing: {fault}");
        }

        return null;
    }

    private async Task<JournalFault?> WalkSegmentAsync(ArchiveFolder folder, ArchiveManifest manifest, CancellationToken cancellationToken)
    {
        byte[] lines;
        try
        {
            lines = await folder.ReadSegmentAsync(manifest, cancellationToken);
            await folder.CheckIndexAsync(manifest, cancellationToken);
        }
        catch (AuditFormatException exception)
        {
            return new JournalFault(JournalFaultKind.BytesAltered, manifest.Data.Name, 0, 0, manifest.First, exception.Message);
        }
        catch (ObjectStoreException exception) when (exception.InnerException is null)
        {
            return new JournalFault(JournalFaultKind.MissingSegment, manifest.Data.Name, 0, 0, manifest.First, exception.Message);
        }

        var hashes = new List<string>((int)manifest.Records);
        var start = 0;
        for (long number = 1; lines.AsSpan(start).IndexOf((byte)'\n') is var length and >= 0; number++)
        {
            var line = lines.AsSpan(start, length);
            if (_chain.Check(line, manifest.Data.Name, number, start) is { } fault) return fault;
            hashes.Add(Encoding.ASCII.GetString(line[..EntryHash.Length]));
            start += length + 1;
        }

        _bytes += lines.Length;
        _entries += hashes.Count;
        JournalFault Fault(JournalFaultKind kind, string message) => new(kind, manifest.Data.Name, hashes.Count, start, _chain.Sequence, message);
        if (start != lines.Length) return Fault(JournalFaultKind.CutSegment, "the segment ends in mid-line");
        if (hashes.Count != manifest.Records || _chain.Sequence != manifest.Last || hashes[^1] != manifest.HeadHash) return Fault(JournalFaultKind.Gap, "the segment does not hold the entries its manifest names");
        return MerkleTree.Root(hashes) == manifest.MerkleRoot ? null : Fault(JournalFaultKind.BytesAltered, "the Merkle root is not that of the entries");
    }

    private static JournalStart StartAfter(ArchiveManifest manifest) =>
        new() { Sequence = manifest.Last, Hash = manifest.HeadHash, Open = manifest.Open, Seal = manifest.Seal };

    private ArchiveVerification Found(ArchiveFolder folder, JournalFault? fault, bool anchored)
    {
        var last = folder.Manifests[^1];
        var proven = new List<string>();
        var not = new List<string>();
        if (fault is null)
        {
            proven.Add(Invariant($"entries 1 to {last.Last} are those that were archived, whole and in order, under {(_ring.IsGiven ? "the given key" : $"key {last.KeyId}, which the archive itself names")}"));
            if (_deleted > 0) not.Add(Invariant($"the entries of {_deleted} segments whose retention has ended: their signed manifests remain"));
            if (!_ring.IsGiven) not.Add("whose key that is: give the public key (--key FILE)");
            if (anchored && _seals.AnchoredThrough > 0) proven.Add(Invariant($"entries up to {_seals.AnchoredThrough} were not written and sealed anew: their seals are anchored elsewhere"));
            else not.Add("that the key's holder did not write the archive anew: only anchors show that (--anchors)");
            not.Add(Invariant($"anything after entry {last.Last}: the journal has it"));
        }

        return new ArchiveVerification
        {
            Soundness = fault is null ? JournalSoundness.Sound : JournalSoundness.Broken,
            Instance = _instance,
            Segments = folder.Manifests.Count,
            Deleted = _deleted,
            Entries = _entries,
            Bytes = _bytes,
            Last = _chain.Sequence,
            Seals = _seals.Count,
            IsKeyGiven = _ring.IsGiven,
            Fault = fault,
            Proven = proven,
            NotProven = not,
        };
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
