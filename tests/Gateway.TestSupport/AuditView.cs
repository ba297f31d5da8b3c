using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.TestSupport;

/// <summary>A record as <c>gateway audit show --json</c> prints it.</summary>
public sealed class AuditView(JsonObject json)
{
    public JsonObject Json { get; } = json;

    public string Id => (string)Json["id"]!;

    public string? Outcome => (string?)Json["outcome"];

    public int? Status => (int?)Json["status"];

    public string? RequestAction => (string?)Json["request"]?["action"];

    public string? ResponseAction => (string?)Json["response"]?["action"];

    public JsonArray RequestDetections => Json["request"]?["detections"] as JsonArray ?? [];

    public JsonArray ResponseDetections => Json["response"]?["detections"] as JsonArray ?? [];

    public long? DeliveredChars => (long?)Json["response"]?["deliveredChars"];

    public override string ToString() => Json.ToJsonString(new JsonSerializerOptions(ChatTranscripts.Relaxed) { WriteIndented = true });
}
