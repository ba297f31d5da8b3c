using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Archive;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Audit.Seals;
using Gateway.Configuration;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway audit export</c>: a folder that stands alone. Records, the entries they were put together from, the signed
/// manifests of their segments with a proof for each entry, a summary to read and a table.
/// </summary>
internal sealed class ExportCommand(RecordPlaces places, TextWriter output)
{
    /// <summary>Purpose of exports that show what happened: everything is in them.</summary>
    public const string ForAudit = "audit";

    /// <summary>Purpose of exports whose records may be learned from: only those marked for it are in them.</summary>
    public const string ForTraining = "training";

    private static readonly UTF8Encoding Utf8 = new(false);

    /// <summary>Exports.</summary>
    public async Task<int> RunAsync(RecordFilter filter, string folder, string purpose, bool decrypts, string? reason, CancellationToken cancellationToken)
    {
        if (purpose is not (ForAudit or ForTraining)) throw new ConfigurationException($"The purpose is '{purpose}', but must be audit or training.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new ConfigurationException($"{folder} is not empty. Name an empty or new folder with --out.");
        if (purpose != ForAudit) filter = filter with { TrainingOnly = true };
        var reader = new RecordCommands(places, output, output);
        if (decrypts) await reader.BreakGlassAsync(reason, null, cancellationToken);
        await places.RecordAsync(RecordPlaces.Event(AuditEvents.Export, RecordCommands.Actor, reason, facts: new Dictionary<string, string> { ["purpose"] = purpose }), cancellationToken);
        Directory.CreateDirectory(folder);

        var entries = new SortedDictionary<(string Instance, long Seq), JournalEntry>();
        var summary = new ExportSummary();
        await using (var records = new StreamWriter(Path.Combine(folder, "records.ndjson"), false, Utf8))
        await using (var table = new StreamWriter(Path.Combine(folder, "records.csv"), false, Utf8))
        {
            await table.WriteLineAsync(ExportSummary.Header);
            await foreach (var found in places.Search().AllAsync(filter, cancellationToken))
            {
                await records.WriteLineAsync(decrypts ? reader.Evident(found.Record) : found.Record.ToJson());
                await table.WriteLineAsync(ExportSummary.Row(found.Record));
                summary.Count(found.Record);
                foreach (var entry in found.Entries) entries[(found.Instance, entry.Sequence)] = entry;
            }
        }

        await using (var lines = new StreamWriter(Path.Combine(folder, "entries.ndjson"), false, Utf8))
        {
            foreach (var ((_, _), entry) in entries) await lines.WriteLineAsync($"{entry.Hash} {entry.Text}");
        }

        await WriteProofsAsync(folder, entries, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "summary.html"), summary.Html(filter, purpose, places.Clock.GetUtcNow()), Utf8, cancellationToken);
        await SignAsync(folder, summary, purpose, cancellationToken);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{summary.Records} records, {entries.Count} entries: {folder}"));
        return AuditExit.Good;
    }

    /// <summary>Manifests of the segments that hold the entries, and for each entry the way to the signed root.</summary>
    private async Task WriteProofsAsync(string folder, SortedDictionary<(string Instance, long Seq), JournalEntry> entries, CancellationToken cancellationToken)
    {
        await using var proofs = new StreamWriter(Path.Combine(folder, "proofs.ndjson"), false, Utf8);
        if (places.Archive is not { } store) return;
        Directory.CreateDirectory(Path.Combine(folder, "manifests"));
        foreach (var instance in entries.Keys.Select(key => key.Instance).Distinct(StringComparer.Ordinal).ToList())
        {
            var archive = await ArchiveFolder.OpenAsync(store, instance, cancellationToken);
            foreach (var manifest in archive.Manifests)
            {
                var held = entries.Where(each => each.Key.Instance == instance && each.Key.Seq >= manifest.First && each.Key.Seq <= manifest.Last).Select(each => each.Value).ToList();
                if (held.Count == 0) continue;
                var name = ArchiveManifest.FileNameOf(instance, manifest.First);
                var file = Path.GetFileName(name);
                await File.WriteAllBytesAsync(Path.Combine(folder, "manifests", file), (await store.GetAsync(name, cancellationToken))!, cancellationToken);
                var hashes = await archive.HashesAsync(manifest, cancellationToken);
                foreach (var entry in held)
                {
                    var proof = MerkleTree.Proof(hashes, (int)(entry.Sequence - manifest.First));
                    await proofs.WriteLineAsync(JsonSerializer.Serialize(new ExportProof(entry.Sequence, entry.Hash, file, proof), ExportJsonContext.Default.ExportProof));
                }
            }
        }
    }

    private async Task SignAsync(string folder, ExportSummary summary, string purpose, CancellationToken cancellationToken)
    {
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .ToDictionary(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), path => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
        using var key = TryKey();
        var about = new ExportManifest(purpose, places.Clock.GetUtcNow(), RecordCommands.Actor, summary.Records, files, key?.Id, key is null ? null : Convert.ToBase64String(key.PublicKey));
        var line = JsonSerializer.SerializeToUtf8Bytes(about, ExportJsonContext.Default.ExportManifest);
        await File.WriteAllBytesAsync(
            Path.Combine(folder, "export.manifest"), [.. line, (byte)'\n', .. Encoding.ASCII.GetBytes((key?.Sign(line) ?? "") + "\n")], cancellationToken);
    }

    /// <summary>The sealing key, where the key store is at hand; an export without it is unsigned and says so.</summary>
    private SealingKey? TryKey()
    {
        try
        {
            return SealingKey.CurrentId(places.Options.KeysDirectory) is null ? null : SealingKey.OpenOrMint(places.Options.KeysDirectory, places.Master);
        }
        catch (KeyStoreException)
        {
            return null;
        }
    }
}
