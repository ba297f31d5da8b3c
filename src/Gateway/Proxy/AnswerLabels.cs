using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>
/// Writes the members that the gateway adds to an answer: the risk label (<c>gateway</c>) and the machine-readable labels
/// (<see cref="ContentLabel"/>). They go before the closing brace of the body or chunk; every other byte stays as it came.
/// </summary>
internal static class AnswerLabels
{
    /// <summary>Member with what the user is told beside the answer.</summary>
    public const string NoticesName = "gateway_notices";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The members, each with a leading comma, ready to stand before a closing brace. Empty when there are none.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="judgement">What was found in the answer.</param>
    public static ReadOnlyMemory<byte> Members(Exchange exchange, Judgement judgement)
    {
        var policy = exchange.Policy;
        var isBlocked = judgement.Action == GuardAction.Block || exchange.Request.Action == GuardAction.Block;
        var risk = policy.RiskLabel && policy.Mode == EnforcementMode.Enforce && !isBlocked && (judgement.IsLabelled || exchange.Request.IsLabelled);
        if (!risk && exchange.ContentLabel is null && exchange.Notices.Count == 0) return default;

        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, Plain))
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

            exchange.ContentLabel?.Write(json);
            if (exchange.Notices.Count > 0)
            {
                json.WriteStartArray(NoticesName);
                foreach (var notice in exchange.Notices)
                {
                    json.WriteStartObject();
                    json.WriteString("kind", notice.Kind);
                    json.WriteString("text", notice.Text);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Inner(output);
    }

    /// <summary>The machine-readable labels alone, for the first event of a stream.</summary>
    public static ReadOnlyMemory<byte> LabelsOf(ContentLabel label)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, Plain))
        {
            json.WriteStartObject();
            label.Write(json);
            json.WriteEndObject();
        }

        return Inner(output);
    }

    /// <summary>Members as they go before a closing brace: without their first comma where the object is empty.</summary>
    /// <param name="members">The members.</param>
    /// <param name="before">What stands before the brace.</param>
    public static ReadOnlyMemory<byte> Fit(ReadOnlyMemory<byte> members, ReadOnlySpan<byte> before) =>
        !members.IsEmpty && before.TrimEnd(" \t\r\n"u8) is [.., (byte)'{'] ? members[1..] : members;

    /// <summary>{"a":1} becomes ,"a":1</summary>
    private static ReadOnlyMemory<byte> Inner(ArrayBufferWriter<byte> written)
    {
        if (written.WrittenCount == 2) return default;
        var members = written.WrittenMemory[..^1].ToArray();
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
