using System.Buffers;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>Anthropic Messages: answers are lists of content blocks; a stream opens and closes each by name.</summary>
internal sealed class AnthropicProtocol : IProtocol
{
    private static readonly Operation Messages = new("messages", "POST", "/v1/messages", "/anthropic/v1/messages")
    {
        Request = RequestShape(), Answer = AnswerShape(), StreamEvent = StreamShape(), Streams = StreamFormats.Events, IsGenerated = true,
        FormFields = ["output_format", "output_config.format"],
    };

    public string Name => "anthropic";

    public bool AnnouncesEnd => true;

    public IReadOnlyList<Operation> Operations { get; } =
    [
        Messages,
        new("messages.count_tokens", "POST", "/v1/messages/count_tokens", "/anthropic/v1/messages/count_tokens")
        {
            Request = Messages.Request, Answer = new JsonShape([.. Error(), new("input_tokens", FieldRule.Structural, "a number")]),
        },
    ];

    public Refusal Refuse(GatewayError error) => ProtocolJson.Whole(error.Status, error, WriteError);

    public Refusal RefusePrompt(AnswerFacts facts) => Refuse(GatewayError.ContentFilter);

    public Refusal? AnswerInstead(string text, AnswerFacts facts)
    {
        if (facts.Operation != Messages) return null;
        facts = facts with { Id = $"msg_{facts.Id}" };
        if (facts.Format == StreamFormats.None) return ProtocolJson.Whole(200, (facts, (string?)text, "end_turn"), WriteMessage);
        var body = new ArrayBufferWriter<byte>();
        WriteStart(body, facts);
        ProtocolJson.WriteEvent(body, "content_block_start"u8, 0, static (json, _) =>
        {
            json.WriteString("type", "content_block_start");
            json.WriteNumber("index", 0);
            json.WriteStartObject("content_block");
            json.WriteString("type", "text");
            json.WriteString("text", "");
            json.WriteEndObject();
        });
        ProtocolJson.WriteEvent(body, "content_block_delta"u8, text, static (json, said) =>
        {
            json.WriteString("type", "content_block_delta");
            json.WriteNumber("index", 0);
            json.WriteStartObject("delta");
            json.WriteString("type", "text_delta");
            json.WriteString("text", said);
            json.WriteEndObject();
        });
        WriteBlockStop(body, 0);
        WriteEnd(body, "end_turn", default);
        return new Refusal(200, "text/event-stream", body.WrittenMemory);
    }

    public int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts)
    {
        if (facts.Operation != Messages)
        {
            ProtocolJson.WriteObject(output, GatewayError.AnswerFilter, WriteError);
            return GatewayError.AnswerFilter.Status;
        }

        ProtocolJson.WriteObject(output, (facts, instead, instead is null ? "refusal" : "end_turn"), WriteMessage);
        return 200;
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => false;

    public EventMeaning MeaningOf(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("content_block_stop"u8) ? EventMeaning.EndsGroup
        : type.SequenceEqual("message_delta"u8) ? EventMeaning.EndsText
        : type.SequenceEqual("message_stop"u8) || type.SequenceEqual("error"u8) ? EventMeaning.EndsText | EventMeaning.EndsStream
        : EventMeaning.None;

    public void WriteCut(IBufferWriter<byte> output, StreamEnd end)
    {
        if (end.Delivered == 0) WriteStart(output, end.Facts);
        foreach (var block in end.Groups)
        {
            if (block.IsDelivered) WriteBlockStop(output, block.Index);
        }

        WriteEnd(output, "refusal", end.Members.Span);
    }

    public void WriteStreamError(IBufferWriter<byte> output, GatewayError error, StreamEnd end) => ProtocolJson.WriteEvent(output, "error"u8, error, WriteError);

    private static JsonShape RequestShape() => new(
    [
        new("", FieldRule.Text, "the request") { Expected = OpenAIShapes.AnObject },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model, Expected = OpenAIShapes.AString },
        new("stream", FieldRule.Text, "asks for a stream") { Capture = FieldCapture.Stream, Expected = OpenAIShapes.ASwitch },
        new("max_tokens", FieldRule.Structural, "a number"),
        new("system", FieldRule.Text, "how to answer") { Expected = OpenAIShapes.TextOrList },
        .. Blocks("system[]"),
        new("messages", FieldRule.Text, "the conversation") { Expected = OpenAIShapes.AnArray, IsRequired = true },
        new("messages[]", FieldRule.Text, "one turn") { Expected = OpenAIShapes.AnObject, IsGroup = true },
        new("messages[].role", FieldRule.Structural, "who speaks") { Expected = OpenAIShapes.AString },
        new("messages[].content", FieldRule.Text, "what is said") { Expected = OpenAIShapes.TextOrList },
        .. Blocks("messages[].content[]"),
        new("messages[].content[].content", FieldRule.Text, "what a tool answered, or a document"),
        .. Blocks("messages[].content[].content[]"),
        .. Blocks("messages[].content[].content[].content[]"),
        .. Blocks("messages[].content[].content[].source.content[]"),
        new("messages[].content[].source.content", FieldRule.Text, "a document"),
        .. Blocks("messages[].content[].source.content[]"),
        new("tools", FieldRule.Watch, "tool definitions: a word in a description must not block a harmless question"),
        new("tools[].type", FieldRule.Structural, "kind of tool"),
        new("tool_choice.type", FieldRule.Structural, "kind of choice"),
        new("tool_choice.name", FieldRule.Watch, "name of a tool"),
        new("metadata", FieldRule.Watch, "labels given by the caller"),
        new("stop_sequences", FieldRule.Watch, "where to stop"),
        new("stop_sequences[]", FieldRule.Watch, "where to stop"),
        new("thinking.type", FieldRule.Structural, "a constant"),
        new("service_tier", FieldRule.Structural, "a constant"),
        new("container", FieldRule.Opaque, "files that the server remembers") { MediaKind = "container" },
        new("mcp_servers", FieldRule.Watch, "addresses of tool servers"),
        new("mcp_servers[].type", FieldRule.Structural, "kind of server"),
        new("mcp_servers[].authorization_token", FieldRule.Structural, "the caller's credential"),
        new("temperature", FieldRule.Structural, "a number"),
        new("top_p", FieldRule.Structural, "a number"),
        new("top_k", FieldRule.Structural, "a number"),
    ]);

    /// <summary>A list of content blocks; some servers take strings among them.</summary>
    private static ShapeRule[] Blocks(string path) => [new(path, FieldRule.Text, "a block that is only text") { Joins = true, IsPart = true, Channel = "text" }, .. Block(path)];

    /// <summary>A content block, in requests and answers.</summary>
    private static ShapeRule[] Block(string path, bool isShown = false) =>
    [
        new($"{path}.type", FieldRule.Structural, "kind of block"),
        new($"{path}.text", FieldRule.Text, "read as one text") { Joins = true, IsPart = true, Channel = "text", IsShown = isShown },
        new($"{path}.thinking", FieldRule.Text, "what was thought") { Channel = "thinking" },
        new($"{path}.signature", FieldRule.Opaque, "proof of what was thought") { MediaKind = "signature" },
        new($"{path}.data", FieldRule.Opaque, "what was thought, for the server alone") { MediaKind = "reasoning" },
        new($"{path}.encrypted_content", FieldRule.Opaque, "what was found, for the server alone") { MediaKind = "search result" },
        new($"{path}.cache_control.type", FieldRule.Structural, "a constant"),
        new($"{path}.cache_control.ttl", FieldRule.Structural, "a constant"),
        new($"{path}.id", FieldRule.Structural, "identifier"),
        new($"{path}.tool_use_id", FieldRule.Structural, "identifier"),
        new($"{path}.name", FieldRule.Text, "name of the tool") { Capture = FieldCapture.ToolName },
        new($"{path}.input", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
        new($"{path}.source.type", FieldRule.Structural, "kind of source"),
        new($"{path}.source.media_type", FieldRule.Structural, "media type"),
        new($"{path}.source.data", FieldRule.Media, "picture or document; plain text is judged") { MediaKind = "file", EncodedIf = "type:base64" },
        new($"{path}.source.url", FieldRule.Media, "picture or document") { MediaKind = "file" },
        new($"{path}.source.file_id", FieldRule.Media, "file uploaded earlier") { MediaKind = "file" },
    ];

    private static JsonShape AnswerShape() => new(
    [
        .. Error(),
        new("id", FieldRule.Structural, "identifier") { Capture = FieldCapture.Id },
        new("role", FieldRule.Structural, "who speaks"),
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("content", FieldRule.Text, "the blocks"),
        .. Block("content[]", isShown: true),
        .. Block("content[].content[]"),
        new("stop_reason", FieldRule.Structural, "a constant"),
        new("stop_sequence", FieldRule.Text, "the stop text that was met"),
        new("usage.service_tier", FieldRule.Structural, "a constant"),
    ]);

    private static JsonShape StreamShape() => new(
    [
        new("", FieldRule.Text, "one event") { IsGroup = true, Called = "content" },
        new("type", FieldRule.Structural, "kind of event") { Capture = FieldCapture.Type },
        new("index", FieldRule.Structural, "number of the block") { Capture = FieldCapture.GroupIndex },
        new("message.id", FieldRule.Structural, "identifier") { Capture = FieldCapture.Id },
        new("message.type", FieldRule.Structural, "a constant"),
        new("message.role", FieldRule.Structural, "who speaks"),
        new("message.model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("message.stop_reason", FieldRule.Structural, "a constant"),
        new("message.usage.service_tier", FieldRule.Structural, "a constant"),
        new("message.usage.inference_geo", FieldRule.Structural, "a constant"),
        new("usage.service_tier", FieldRule.Structural, "a constant"),
        .. Block("message.content[]"),
        .. Block("content_block", isShown: true),
        .. Block("content_block.content[]"),
        new("delta.type", FieldRule.Structural, "kind of piece"),
        new("delta.text", FieldRule.Text, "what is said") { Channel = "text", IsShown = true },
        new("delta.thinking", FieldRule.Text, "what was thought") { Channel = "thinking" },
        new("delta.signature", FieldRule.Opaque, "proof of what was thought") { MediaKind = "signature" },
        new("delta.partial_json", FieldRule.Text, "what the tool is told, in pieces") { Channel = "input", Capture = FieldCapture.ToolArguments },
        new("delta.citation", FieldRule.Text, "a source"),
        new("delta.citation.type", FieldRule.Structural, "kind of source"),
        new("delta.stop_reason", FieldRule.Structural, "a constant"),
        new("delta.stop_sequence", FieldRule.Text, "the stop text that was met"),
        new("error.type", FieldRule.Structural, "a constant"),
        new("error.message", FieldRule.Text, "what went wrong"),
    ]);

    private static ShapeRule[] Error() =>
    [
        new("type", FieldRule.Structural, "a constant"),
        new("error.type", FieldRule.Structural, "a constant"),
        new("error.message", FieldRule.Text, "what went wrong"),
        new("request_id", FieldRule.Structural, "identifier"),
    ];

    private static void WriteError(Utf8JsonWriter json, GatewayError error)
    {
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", error.Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 or 529 => "overloaded_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        });
        json.WriteString("message", error.Message);
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, (AnswerFacts Facts, string? Text, string Reason) state)
    {
        json.WriteString("id", state.Facts.Id);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", state.Facts.Model);
        json.WriteStartArray("content");
        if (state.Text is not null)
        {
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", state.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (state.Reason.Length == 0) json.WriteNull("stop_reason");
        else json.WriteString("stop_reason", state.Reason);
        json.WriteNull("stop_sequence");
        json.WriteNumbers("usage", "input_tokens", "output_tokens");
    }

    private static void WriteStart(IBufferWriter<byte> output, AnswerFacts facts) =>
        ProtocolJson.WriteEvent(output, "message_start"u8, facts, static (json, state) =>
        {
            json.WriteString("type", "message_start");
            json.WriteStartObject("message");
            WriteMessage(json, (state, null, ""));
            json.WriteEndObject();
        });

    private static void WriteBlockStop(IBufferWriter<byte> output, int index) =>
        ProtocolJson.WriteEvent(output, "content_block_stop"u8, index, static (json, number) =>
        {
            json.WriteString("type", "content_block_stop");
            json.WriteNumber("index", number);
        });

    private static void WriteEnd(IBufferWriter<byte> output, string reason, ReadOnlySpan<byte> members)
    {
        ProtocolJson.WriteEvent(output, "message_delta"u8, reason, static (json, why) =>
        {
            json.WriteString("type", "message_delta");
            json.WriteStartObject("delta");
            json.WriteString("stop_reason", why);
            json.WriteNull("stop_sequence");
            json.WriteEndObject();
            json.WriteNumbers("usage", "output_tokens");
        }, members);
        ProtocolJson.WriteEvent(output, "message_stop"u8, 0, static (json, _) => json.WriteString("type", "message_stop"));
    }
}
