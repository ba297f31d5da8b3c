using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.TestSupport;

/// <summary>
/// What a client makes of a streamed chat answer: an independent reading of the event-stream format and of the
/// OpenAI chunks in it, with the texts of each channel joined.
/// </summary>
public sealed class ReceivedEvents
{
    private readonly SortedDictionary<string, StringBuilder> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _finishReasons = [];

    public ReceivedEvents(byte[] bytes)
    {
        Bytes = bytes ?? throw new ArgumentNullException(nameof(bytes));
        Events = Parse(Encoding.UTF8.GetString(bytes));
        foreach (var item in Events) Read(item);
    }

    public byte[] Bytes { get; }

    public IReadOnlyList<SseEvent> Events { get; }

    /// <summary>The chunks, in order.</summary>
    public List<JsonObject> Chunks { get; } = [];

    /// <summary>The last event is <c>[DONE]</c>.</summary>
    public bool IsDone => Events.Count > 0 && Events[^1].Data == "[DONE]";

    /// <summary>The <c>error.code</c> of an error event.</summary>
    public string? ErrorCode { get; private set; }

    /// <summary>The finish reason of each choice that has one.</summary>
    public IReadOnlyDictionary<int, string> FinishReasons => _finishReasons;

    /// <summary>All texts, by channel: <c>0/content</c>, <c>1/tool_calls/0</c>.</summary>
    public IReadOnlyDictionary<string, string> Texts => _texts.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    /// <summary>The joined text of one channel, empty where there was none.</summary>
    public string Text(int choice = 0, string channel = "content") =>
        _texts.TryGetValue($"{choice}/{channel}", out var text) ? text.ToString() : "";

    private static List<SseEvent> Parse(string text)
    {
        var events = new List<SseEvent>();
        var type = "";
        StringBuilder? data = null;
        foreach (var line in text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n'))
        {
            if (line.Length == 0)
            {
                if (data is not null) events.Add(new SseEvent(type, data.ToString()));
                (type, data) = ("", null);
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' ')) value = value[1..];
            if (name == "event") type = value;
            if (name == "data") data = data is null ? new StringBuilder(value) : data.Append('\n').Append(value);
        }

        if (data is not null) events.Add(new SseEvent(type, data.ToString()));
        return events;
    }

    private void Read(SseEvent item)
    {
        if (item.Data == "[DONE]") return;
        JsonObject chunk;
        try
        {
            chunk = JsonNode.Parse(item.Data)!.AsObject();
        }
        catch (JsonException)
        {
            return;
        }

        Chunks.Add(chunk);
        if (chunk["error"] is JsonObject error) ErrorCode = error["code"]?.ToString();
        foreach (var choice in chunk["choices"] as JsonArray ?? []) ReadChoice(choice!.AsObject());
    }

    private void ReadChoice(JsonObject choice)
    {
        var index = (int?)choice["index"] ?? 0;
        if ((string?)choice["finish_reason"] is { } reason) _finishReasons[index] = reason;
        if (choice["delta"] is not JsonObject delta) return;
        foreach (var (name, value) in delta)
        {
            if (name == "tool_calls")
            {
                foreach (var call in value as JsonArray ?? []) Append($"{index}/tool_calls/{call!["index"]}", call["function"]?["arguments"]);
            }
            else if (name != "role")
            {
                Append($"{index}/{name}", value);
            }
        }
    }

    private void Append(string channel, JsonNode? value)
    {
        if (value is not JsonValue scalar || !scalar.TryGetValue<string>(out var text)) return;
        if (!_texts.TryGetValue(channel, out var joined)) _texts[channel] = joined = new StringBuilder();
        joined.Append(text);
    }
}
