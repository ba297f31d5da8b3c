using System.Text.Json.Serialization;

namespace Gateway.Audit.Records;

/// <summary>
/// One thing that happened to an exchange, as the journal keeps it. The journal adds sequence, link to the entry before
/// and time; whatever is written here is what an auditor reads. It is encoded when it is handed to the journal, so
/// later changes to lists inside it have no effect on the record.
/// </summary>
public abstract record AuditEntry
{
    /// <summary>The journal knows how to encode its own kinds only.</summary>
    private protected AuditEntry()
    {
    }

    /// <summary>Kind of the entry, one of <see cref="AuditKinds"/>.</summary>
    [JsonPropertyOrder(-2)]
    public abstract string Kind { get; }

    /// <summary>Id of the exchange: 1–128 characters of <c>A–Z a–z 0–9 . _ : -</c>. The same in all entries of an exchange.</summary>
    [JsonPropertyOrder(-1)]
    public required string Id { get; init; }

    /// <summary>Version of the schema this code writes, see <c>entry.schema.json</c>. Absent in entries of the first version.</summary>
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = CurrentSchema;

    /// <summary>The version this code writes.</summary>
    public const int CurrentSchema = 2;
}
