using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Archive;

/// <summary>
/// What remains beside the manifest of a segment whose entries were deleted at the end of their retention: a signed statement, so that
/// entries which somebody removed do not pass for deleted ones. The file is two lines, as a manifest is.
/// </summary>
public sealed record ArchiveDeletion
{
    /// <summary>Version of the format: 1.</summary>
    [JsonPropertyName("v")]
    public int Version { get; init; } = 1;

    /// <summary>Id of the journal.</summary>
    public required string Instance { get; init; }

    /// <summary>First entry deleted.</summary>
    public required long First { get; init; }

    /// <summary>Last entry deleted.</summary>
    public required long Last { get; init; }

    /// <summary>Root of the Merkle tree over all their hashes.</summary>
    public required string MerkleRoot { get; init; }

    /// <summary>Calendar months they were kept.</summary>
    public required int Months { get; init; }

    /// <summary>When they were deleted.</summary>
    public required DateTimeOffset Deleted { get; init; }

    /// <summary>Id of the journal whose chain records the deletion; absent where none was at hand.</summary>
    public string? RecordedIn { get; init; }

    /// <summary>The key that signed.</summary>
    public required string KeyId { get; init; }

    /// <summary>That key, DER, base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The replaced key's signature over it, where there was one.</summary>
    public string? Endorsement { get; init; }

    /// <summary>Name of the file beside a manifest.</summary>
    public static string NameOf(ArchiveManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return ArchiveManifest.NameOf(manifest.Instance, manifest.First, manifest.Last) + ".deleted";
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Sign(SealingKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return SignedLine.Write(JsonSerializer.SerializeToUtf8Bytes(this, ArchiveJsonContext.Default.ArchiveDeletion), key);
    }

    /// <summary>What is wrong with a file that says a segment was deleted; <see langword="null"/> where nothing is.</summary>
    internal static string? FaultOf(byte[] file, ArchiveManifest manifest, SealKeyRing ring)
    {
        ArchiveDeletion? note;
        byte[] line;
        string signature;
        try
        {
            line = SignedLine.Read(file, NameOf(manifest), out signature);
            note = JsonSerializer.Deserialize(line, ArchiveJsonContext.Default.ArchiveDeletion);
        }
        catch (Exception exception) when (exception is JsonException or AuditFormatException)
        {
            return "the statement about their deletion cannot be read";
        }

        if (note is null || (note.Instance, note.First, note.Last, note.MerkleRoot) != (manifest.Instance, manifest.First, manifest.Last, manifest.MerkleRoot))
            return "the statement about their deletion is about other entries";
        ring.Offer(note.PublicKey, note.Endorsement);
        if (ring.Verify(note.KeyId, line, signature) != true) return $"the statement about their deletion is not signed by a key that is believed ({note.KeyId})";
        var months = Math.Max(ArchiveRetention.LeastMonths, manifest.RetentionMonths ?? 0);
        return note.Months >= months && note.Deleted >= ArchiveRetention.EndOf(manifest.To, note.Months) ? null : $"they were deleted before their retention of {months} months ended";
    }
}
