using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Audit.Archive;
using Gateway.Audit.Seals;

namespace Gateway.Commands;

/// <summary>Verifies an export folder by itself: its files, its entries' hashes, and their way to signed roots.</summary>
internal static class ExportVerification
{
    /// <summary>Name of the file that says what an export holds.</summary>
    public const string ManifestName = "export.manifest";

    /// <summary>Verifies and prints.</summary>
    public static int Run(string folder, SealKeyRing? given, TextWriter output)
    {
        using var own = given is null ? new SealKeyRing() : null;
        var ring = given ?? own!;
        var faults = new List<string>();
        var lines = File.ReadAllLines(Path.Combine(folder, ManifestName));
        var line = System.Text.Encoding.UTF8.GetBytes(lines[0]);
        var about = JsonSerializer.Deserialize(line, ExportJsonContext.Default.ExportManifest) ?? throw new AuditFormatException($"{ManifestName} cannot be read.");

        // 1. The segments' manifests, oldest first: keys that one endorses are believed in the next.
        var roots = new Dictionary<string, ArchiveManifest>(StringComparer.Ordinal);
        var manifests = Path.Combine(folder, "manifests");
        string[] signedFiles = Directory.Exists(manifests) ? Directory.GetFiles(manifests) : [];
        foreach (var path in signedFiles.Order(StringComparer.Ordinal))
        {
            var manifest = ArchiveManifest.Read(File.ReadAllBytes(path), path, out var signed, out var signature);
            ring.Offer(manifest.PublicKey, manifest.Endorsement);
            if (ring.Verify(manifest.KeyId, signed, signature) != true) faults.Add($"{Path.GetFileName(path)}: not signed by a key that is believed ({manifest.KeyId})");
            roots[Path.GetFileName(path)] = manifest;
        }

        // 2. The export's own signature, and every file in it.
        ring.Offer(about.PublicKey, null);
        var isSigned = about.KeyId is not null && ring.Verify(about.KeyId, line, lines.ElementAtOrDefault(1) ?? "") == true;
        if (about.KeyId is not null && ring.Verify(about.KeyId, line, lines.ElementAtOrDefault(1) ?? "") == false) faults.Add($"{ManifestName}: its signature does not fit");
        foreach (var (name, sum) in about.Files)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) faults.Add($"{name}: missing");
            else if (Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) != sum) faults.Add($"{name}: altered");
        }

        // 3. Entries and their proofs.
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        var entry = 0;
        foreach (var text in File.ReadLines(Path.Combine(folder, "entries.ndjson")))
        {
            entry++;
            if (text.Length < 66 || Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text[65..]))) != text[..64]) faults.Add($"entries.ndjson, line {entry}: the entry was altered");
            else hashes.Add(text[..64]);
        }

        var proven = 0;
        foreach (var text in File.ReadLines(Path.Combine(folder, "proofs.ndjson")))
        {
            var proof = JsonSerializer.Deserialize(text, ExportJsonContext.Default.ExportProof)!;
            if (roots.TryGetValue(proof.Manifest, out var manifest) && hashes.Contains(proof.Hash) && MerkleTree.Proves(proof.Hash, proof.Proof, manifest.MerkleRoot)) proven++;
            else faults.Add($"entry {proof.Seq}: its proof does not lead to the root of {proof.Manifest}");
        }

        if (faults.Count > 0)
        {
            foreach (var fault in faults) output.WriteLine($"broken: {fault}");
            return AuditExit.Bad;
        }

        output.WriteLine($"sound: export of {about.Records} records for {about.Purpose}, {entry} entries");
        output.WriteLine("proven: no entry differs from its hash.");
        if (proven > 0) output.WriteLine($"proven: {proven} entries belong to segments that were signed by {(ring.IsGiven ? "the given key" : "the key the export itself names")}.");
        if (isSigned) output.WriteLine("proven: the export is as it was made.");
        if (entry > proven) output.WriteLine($"not proven: that {entry - proven} entries that were not archived yet are the journal's; verify the journal.");
        if (!ring.IsGiven) output.WriteLine("not proven: whose key that is: give the public key (--key FILE).");
        return AuditExit.Good;
    }
}
