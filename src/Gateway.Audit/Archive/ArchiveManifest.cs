using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Archive;

/// <summary>
/// What a segment of the archive holds, signed. The file is two lines: this as JSON, and the signature over the bytes of
/// that line (ECDSA P-256 with SHA-256, DER, base64). A segment exists when its manifest does.
/// </summary>
public sealed record ArchiveManifest
{
    /// <summary>End of a manifest's name.</summary>
    public const string Suffix = ".manifest";

    /// <summary>End of the name of a segment's lines.</summary>
    internal const string DataEnd = ".ndjson.gz";

    /// <summary>End of the name of a segment's index.</summary>
    internal const string IndexEnd = ".index";

    /// <summary>Version of the format: 1.</summary>
    [JsonPropertyName("v")]
    public int Version { get; init; } = 1;

    /// <summary>Id of the journal.</summary>
    public required string Instance { get; init; }

    /// <summary>Number of the segment, from 1 without gaps.</summary>
    public required long Number { get; init; }

    /// <summary>First entry.</summary>
    public required long First { get; init; }

    /// <summary>Last entry.</summary>
    public required long Last { get; init; }

    /// <summary>How many entries.</summary>
    public required long Records { get; init; }

    /// <summary>Time of the first entry.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Latest time of an entry.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>What the first entry links to: the hash of the last entry of the segment before.</summary>
    public required string PrevHash { get; init; }

    /// <summary>Hash of the last entry.</summary>
    public required string HeadHash { get; init; }

    /// <summary>Root of the Merkle tree over all entry hashes (RFC 6962).</summary>
    public required string MerkleRoot { get; init; }

    /// <summary>The entries: lines as in the journal, gzip in several members.</summary>
    public required ArchivedObject Data { get; init; }

    /// <summary>What finds entries without reading them all.</summary>
    public required ArchivedObject Index { get; init; }

    /// <summary>The most calendar months that a record in the segment asks to be kept; absent where none asks. The whole segment is kept as long.</summary>
    public int? RetentionMonths { get; init; }

    /// <summary>Exchanges that are open after the last entry.</summary>
    public required IReadOnlyList<string> Open { get; init; }

    /// <summary>SHA-256 over the first line of the manifest before, hex; absent in the first.</summary>
    public string? Previous { get; init; }

    /// <summary>The last seal in the chain up to here.</summary>
    public SealPoint? Seal { get; init; }

    /// <summary>When the segment was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The key that signed.</summary>
    public required string KeyId { get; init; }

    /// <summary>That key, DER, base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The replaced key's signature over it, where there was one.</summary>
    public string? Endorsement { get; init; }

    /// <summary>Where the objects of a journal's archive are.</summary>
    public static string Folder(string instance) => $"archive/{instance}/";

    /// <summary>Name of a segment, without the ends of its files' names.</summary>
    public static string NameOf(string instance, long first, long last) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder(instance)}{first:D20}-{last:D20}");

    /// <summary>
    /// A part of a segment. Its name says what is in it: whatever another archiver stores of the same entries, this name is not for
    /// it, and so what a manifest names cannot change under it.
    /// </summary>
    internal static ArchivedObject PartOf(string instance, long first, long last, ReadOnlySpan<byte> content, string end)
    {
        var hash = HashOf(content);
        return new ArchivedObject($"{NameOf(instance, first, last)}-{hash.AsSpan(0, 16)}{end}", content.Length, hash);
    }

    /// <summary>
    /// Name of a segment's manifest: by its first entry alone. Whoever archives on from the same entry wants the same name, and no
    /// store gives a name twice; so two archivers that both think they own a stream cannot both go on.
    /// </summary>
    public static string FileNameOf(string instance, long first) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder(instance)}{first:D20}{Suffix}");

    /// <summary>The file's bytes.</summary>
    public byte[] Sign(SealingKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return SignedLine.Write(JsonSerializer.SerializeToUtf8Bytes(this, ArchiveJsonContext.Default.ArchiveManifest), key);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="line">The bytes that are signed.</param>
    /// <param name="signature">The signature.</param>
    /// <exception cref="AuditFormatException">It is no manifest.</exception>
    public static ArchiveManifest Read(ReadOnlySpan<byte> file, string name, out byte[] line, out string signature)
    {
        line = SignedLine.Read(file, name, out signature);
        try
        {
            return JsonSerializer.Deserialize(line, ArchiveJsonContext.Default.ArchiveManifest)
                ?? throw new AuditFormatException($"{name} is no manifest.");
        }
        catch (JsonException exception)
        {
            throw new AuditFormatException($"{name} is no manifest: {exception.Message} Restore it from a copy.", exception);
        }
    }

    /// <summary>SHA-256 of bytes, hex.</summary>
    internal static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>Generated JSON code for manifests.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArchiveManifest))]
[JsonSerializable(typeof(ArchiveDeletion))]
internal sealed partial class ArchiveJsonContext : JsonSerializerContext;
