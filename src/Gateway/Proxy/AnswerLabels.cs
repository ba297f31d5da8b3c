using System.Buffers;
using System.Text.Json;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>
/// Writes the members that the gateway adds to an answer: the risk label (<c>gateway</c>) and the AI-content label
/// (<c>AIGC</c>, the seven fields of GB 45438-2025 Annex E). Both go before the closing brace of the body or chunk;
/// every other byte stays as it came.
/// </summary>
internal static class AnswerLabels
{
    /// <summary>The members, each with a leading comma, ready to stand before a closing brace. Empty when there are none.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="judgement">What was found in the answer.</param>
    /// <param name="producer">Provider name or code; <see langword="null"/> writes no AI-content label.</param>
    public static ReadOnlyMemory<byte> Members(Exchange exchange, Judgement judgement, string? producer)
    {
        var policy = exchange.Policy;
        var isBlocked = judgement.Action == GuardAction.Block || exchange.Request.Action == GuardAction.Block;
        var risk = policy.RiskLabel && policy.Mode == EnforcementMode.Enforce && !isBlocked && (judgement.IsLabelled || exchange.Request.IsLabelled);
        var content = policy.ContentLabel && producer is not null;
        if (!risk && !content) return default;

        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            if (risk)
            {
                json.WriteStartObject("gateway");
                json.WriteString("request_id", exchange.Id);
                json.WriteString("action", "label");
                json.WriteStartArray("risks");
                foreach (var id in exchange.Request.Risks.Concat(judgement.Risks).Distinct(StringComparer.Ordinal)) json.WriteStringValue(id);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            if (content)
            {
                json.WriteStartObject("AIGC");
                json.WriteString("Label", "1");
                json.WriteString("ContentProducer", producer);
                json.WriteString("ProduceID", exchange.Id);
                json.WriteString("ReservedCode1", "");
                json.WriteString("ContentPropagator", "");
                json.WriteString("PropagateID", "");
                json.WriteString("ReservedCode2", "");
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // {"a":1} becomes ,"a":1
        var members = output.WrittenMemory[..^1].ToArray();
        members[0] = (byte)',';
        return members;
    }

    /// <summary>Offset of the closing brace of the last object in <paramref name="json"/>; −1 when it does not end in one.</summary>
    public static int ClosingBrace(ReadOnlySpan<byte> json)
    {
        var end = json.TrimEnd(" \t\r\n"u8);
        return end.Length > 0 && end[^1] == '}' ? end.Length - 1 : -1;
    }
}
