using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.TestSupport;

/// <summary>Requests and answers of the OpenAI chat format, as bytes on the wire.</summary>
public static partial class ChatTranscripts
{
    /// <summary>Writes Chinese as Chinese, as model servers do.</summary>
    public static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(Text(node));

    /// <summary>JSON as model servers write it: every character as itself, also those outside the basic plane.</summary>
    public static string Text(JsonNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return SurrogatePair().Replace(node.ToJsonString(Relaxed), match => string.Concat(Unit(match.Groups[1]), Unit(match.Groups[2])));

        static char Unit(Group hex) => (char)ushort.Parse(hex.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>A request with one user turn.</summary>
    public static byte[] Request(string prompt, bool stream = false) => Bytes(RequestNode([Turn("user", prompt)], stream));

    /// <summary>A request with the given turns.</summary>
    public static byte[] Request(IEnumerable<JsonNode> turns, bool stream = false) => Bytes(RequestNode(turns, stream));

    /// <summary>A request to add to before it is written.</summary>
    public static JsonObject RequestNode(IEnumerable<JsonNode> turns, bool stream = false)
    {
        var request = new JsonObject { ["model"] = "stub-model", ["messages"] = new JsonArray([.. turns]) };
        if (stream) request["stream"] = true;
        return request;
    }

    public static JsonObject Turn(string role, JsonNode content) => new() { ["role"] = role, ["content"] = content };

    public static JsonObject TextPart(string text) => new() { ["type"] = "text", ["text"] = text };

    /// <summary>An answer with one choice for each text.</summary>
    public static JsonObject AnswerNode(params string[] contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        var choices = contents.Select((content, index) => (JsonNode)new JsonObject
        {
            ["index"] = index,
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = content },
            ["finish_reason"] = "stop",
        });
        return new JsonObject
        {
            ["id"] = "chatcmpl-stub",
            ["object"] = "chat.completion",
            ["created"] = 1_760_000_000,
            ["model"] = "stub-model",
            ["choices"] = new JsonArray([.. choices]),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 7, ["completion_tokens"] = 11, ["total_tokens"] = 18 },
        };
    }

    public static byte[] Answer(params string[] contents) => Bytes(AnswerNode(contents));

    public static JsonObject ToolCall(string name, string arguments, int? index = null)
    {
        var call = new JsonObject
        {
            ["id"] = "call_1",
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = name, ["arguments"] = arguments },
        };
        if (index is { } position) call["index"] = position;
        return call;
    }

    [GeneratedRegex(@"\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})")]
    private static partial Regex SurrogatePair();
}
