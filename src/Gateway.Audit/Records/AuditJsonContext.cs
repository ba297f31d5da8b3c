using System.Text.Json.Serialization;

namespace Gateway.Audit.Records;

/// <summary>Generated JSON code for entries. Absent values are not written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OpenEntry))]
[JsonSerializable(typeof(CloseEntry))]
[JsonSerializable(typeof(DeliveryEntry))]
[JsonSerializable(typeof(SealEntry))]
[JsonSerializable(typeof(EventEntry))]
[JsonSerializable(typeof(LabelRecord))]
[JsonSerializable(typeof(CandidateRecord))]
[JsonSerializable(typeof(ShadowRecord))]
[JsonSerializable(typeof(SealedText))]
[JsonSerializable(typeof(List<KeptField>))]
[JsonSerializable(typeof(IReadOnlyList<EntryReference>))]
[JsonSerializable(typeof(IReadOnlyList<ToolCallRecord>))]
internal sealed partial class AuditJsonContext : JsonSerializerContext;
