using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.TestSupport;

/// <summary>Builds the server-sent events of one streamed chat answer, frame by frame.</summary>
public sealed class ChatEvents
{
    private readonly List<byte[]> _frames = [];
    private readonly bool _isBare;

    /// <param name="bare">Chunks with little more than their choices: short, for tests that cut at every byte.</param>
    public ChatEvents(bool bare = false) => _isBare = bare;

    public IReadOnlyList<byte[]> Frames => _frames;

    public byte[] Bytes => [.. _frames.SelectMany(frame => frame)];

    /// <summary>A whole answer: role, the texts as deltas of choice 0, the reason, the end.</summary>
    public static ChatEvents Of(params string[] texts) => new ChatEvents().Role().Texts(texts).Finish().Done();

    /// <summary>A whole answer with one delta a character.</summary>
    public static ChatEvents OfRunes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Of([.. text.EnumerateRunes().Select(rune => rune.ToString())]);
    }

    public ChatEvents Role(int choice = 0) =>
        Delta(choice, new JsonObject { ["role"] = "assistant", ["content"] = "" });

    public ChatEvents Text(string text, int choice = 0) => Delta(choice, new JsonObject { ["content"] = text });

    public ChatEvents Texts(IEnumerable<string> texts, int choice = 0)
    {
        ArgumentNullException.ThrowIfNull(texts);
        foreach (var text in texts) Text(text, choice);
        return this;
    }

    public ChatEvents Reasoning(string text, int choice = 0) => Delta(choice, new JsonObject { ["reasoning_content"] = text });

    public ChatEvents Refusal(string text, int choice = 0) => Delta(choice, new JsonObject { ["refusal"] = text });

    public ChatEvents Empty(int choice = 0) => Delta(choice, []);

    public ChatEvents ToolStart(string name, int call = 0, int choice = 0) => Delta(choice, new JsonObject
    {
        ["tool_calls"] = new JsonArray(ChatTranscripts.ToolCall(name, "", call)),
    });

    public ChatEvents ToolArguments(string piece, int call = 0, int choice = 0) => Delta(choice, new JsonObject
    {
        ["tool_calls"] = new JsonArray(new JsonObject
        {
            ["index"] = call,
            ["function"] = new JsonObject { ["arguments"] = piece },
        }),
    });

    public ChatEvents Finish(string reason = "stop", int choice = 0) => Delta(choice, [], reason);

    public ChatEvents Usage()
    {
        var chunk = Chunk();
        chunk["choices"] = new JsonArray();
        chunk["usage"] = new JsonObject { ["prompt_tokens"] = 7, ["completion_tokens"] = 11, ["total_tokens"] = 18 };
        return Data(chunk);
    }

    public ChatEvents Done() => Raw("data: [DONE]\n\n");

    /// <summary>Any chunk as one event.</summary>
    public ChatEvents Data(JsonNode chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        return Raw($"data: {ChatTranscripts.Text(chunk)}\n\n");
    }

    /// <summary>Bytes as they are.</summary>
    public ChatEvents Raw(string frame)
    {
        _frames.Add(Encoding.UTF8.GetBytes(frame));
        return this;
    }

    private ChatEvents Delta(int choice, JsonObject delta, string? reason = null)
    {
        var chunk = Chunk();
        var entry = new JsonObject { ["index"] = choice, ["delta"] = delta };
        if (reason is not null || !_isBare) entry["finish_reason"] = reason;
        chunk["choices"] = new JsonArray(entry);
        return Data(chunk);
    }

    private JsonObject Chunk() => _isBare ? new JsonObject { ["id"] = "c" } : new JsonObject
    {
        ["id"] = "chatcmpl-stub",
        ["object"] = "chat.completion.chunk",
        ["created"] = 1_760_000_000,
        ["model"] = "stub-model",
    };
}
