using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Gateway.Audit.Records;

/// <summary>
/// A signed statement: at this time, the chain up to this head had these bytes. Stands in the chain itself, so it
/// travels wherever the entries go.
/// </summary>
public sealed record SealEntry : AuditEntry
{
    /// <inheritdoc/>
    [JsonPropertyOrder(-2)]
    public override string Kind => AuditKinds.Seal;

    /// <summary>Number of the seal, from 1 without gaps.</summary>
    public required long Number { get; init; }

    /// <summary>Number of the last entry it covers: it covers all entries from the first to this one.</summary>
    public required long HeadSeq { get; init; }

    /// <summary>Hash of that entry, hex.</summary>
    public required string HeadHash { get; init; }

    /// <summary>Entries that no earlier seal covers.</summary>
    public required long Count { get; init; }

    /// <summary>When it was signed, UTC, ISO 8601.</summary>
    public required string SealedAt { get; init; }

    /// <summary>SHA-256 of the statement of the seal before, hex; of the instance id for the first.</summary>
    public required string PrevSeal { get; init; }

    /// <summary>The key that signed: the first 16 hex digits of SHA-256 over its public key (DER).</summary>
    public required string KeyId { get; init; }

    /// <summary>The public key (DER, base64), in the first seal of a key.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The replaced key's signature over the new public key (DER), in the first seal after a replacement.</summary>
    public string? Endorsement { get; init; }

    /// <summary>ECDSA P-256 with SHA-256 over the statement; DER, base64.</summary>
    public string Signature { get; init; } = "";

    /// <summary>The bytes that are signed: nine lines, each ended by a line feed.</summary>
    /// <param name="instance">Id of the journal.</param>
    public byte[] Statement(string instance) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"gateway seal 1\n{instance}\n{Number}\n{HeadSeq}\n{HeadHash}\n{Count}\n{SealedAt}\n{PrevSeal}\n{KeyId}\n"));

    /// <summary>What the next seal links to.</summary>
    /// <param name="instance">Id of the journal.</param>
    public string StatementHash(string instance) => Convert.ToHexStringLower(SHA256.HashData(Statement(instance)));
}
