using System.Text.Json.Serialization;

namespace Gateway.Commands;

/// <summary>The way from an entry's hash to the signed root of its segment.</summary>
/// <param name="Seq">Number of the entry.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Manifest">File of the manifest, in the folder <c>manifests</c>.</param>
/// <param name="Proof">Hashes from the leaf up, each with its side in front.</param>
internal sealed record ExportProof(long Seq, string Hash, string Manifest, IReadOnlyList<string> Proof);

/// <summary>What an export holds; the file's second line is the signature over the first, empty where the key was not at hand.</summary>
internal sealed record ExportManifest(
    string Purpose, DateTimeOffset Created, string Actor, long Records, IReadOnlyDictionary<string, string> Files, string? KeyId, string? PublicKey);

/// <summary>Generated JSON code for exports.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExportProof))]
[JsonSerializable(typeof(ExportManifest))]
internal sealed partial class ExportJsonContext : JsonSerializerContext;
