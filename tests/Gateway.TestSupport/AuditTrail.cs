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

    /// <summary>What was done, by name of the event.</summary>
    public IReadOnlyList<JsonObject> Events(string name)
    {
        using var reader = new JournalReader(Path);
        var events = new List<JsonObject>();
        while (reader.TryRead(out var entry))
        {
            if (entry.Kind == "event" && JsonNode.Parse(entry.Text)!.AsObject() is var happened && (string?)happened["event"] == name) events.Add(happened);
        }

        return events;
    }

    /// <summary>The record of one exchange, or nothing.</summary>
    public IReadOnlyList<AuditView> Find(string id) =>
        new ExchangeSearch(Path).Find(id) is { } record ? [new AuditView(JsonNode.Parse(record.ToJson())!.AsObject())] : [];
}
