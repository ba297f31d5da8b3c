using System.Text.Json.Nodes;
using Gateway.Audit.Journal;

namespace Gateway.TestSupport;

/// <summary>Reads the records of an audit folder, also while a gateway writes it.</summary>
public sealed class AuditTrail(string directory)
{
    public string Path { get; } = directory;

    /// <summary>Every record, the one that changed last at the end.</summary>
    public IReadOnlyList<AuditView> Read() =>
        [.. new ExchangeSearch(Path).Newest(int.MaxValue).Select(record => new AuditView(JsonNode.Parse(record.ToJson())!.AsObject()))];

    /// <summary>The record of one exchange, or nothing.</summary>
    public IReadOnlyList<AuditView> Find(string id) =>
        new ExchangeSearch(Path).Find(id) is { } record ? [new AuditView(JsonNode.Parse(record.ToJson())!.AsObject())] : [];
}
