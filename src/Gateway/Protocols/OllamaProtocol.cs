using System.Buffers;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>Ollama: a JSON value a line, streamed unless the request says otherwise.</summary>
internal sealed class OllamaProtocol : IProtocol
{
    private static readonly Operation Chat = new("chat", "POST", "/api/chat")
    {
        Request = ChatShape(), Answer = AnswerShape(), StreamEvent = AnswerShape(), Streams = StreamFormats.Lines, StreamsByDefault = true, IsGenerated = true,
        FormFields = ["format", "raw", "suffix"],
    };

    private static readonly Operation Generate = Chat with { Name = "generate", Paths = ["/api/generate"], Request = GenerateShape() };

    public string Name => "ollama";

    public bool AnnouncesEnd => true;

    public IReadOnlyList<Operation> Operations { get; } =
    [
        Chat,
        Generate,
        new("embed", "POST", "/api/embed", "/api/embeddings") { Request = EmbedShape(), Answer = new JsonShape(new ShapeRule("error", FieldRule.Text, "what went wrong"), new ShapeRule("model", FieldRule.Structural, "names the model")) },
        new("show", "POST", "/api/show") { Request = new JsonShape(new ShapeRule("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model }), Answer = JsonShape.Unknown },
        new("tags", "GET", "/api/tags", "/api/ps") { ExemptReason = "list of models: names only" },
        new("version", "GET", "/api/version") { ExemptReason = "version of the server" },
    ];

    public Refusal Refuse(GatewayError error) => ProtocolJson.Whole(error.Status, error, WriteError);

    public Refusal RefusePrompt(AnswerFacts facts) => Refuse(GatewayError.ContentFilter);

    public Refusal? AnswerInstead(string text, AnswerFacts facts)
    {
        if (!facts.Operation.IsGenerated) return null;
        var body = new ArrayBufferWriter<byte>();
        ProtocolJson.WriteObject(body, (facts, text, "stop"), WriteLast);
        if (facts.Format == StreamFormats.None) return new Refusal(200, "application/json", body.WrittenMemory);
        body.Write("\n"u8);
        return new Refusal(200, "application/x-ndjson", body.WrittenMemory);
    }

    public int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts)
    {
        if (!facts.Operation.IsGenerated)
        {
            ProtocolJson.WriteObject(output, GatewayError.AnswerFilter, WriteError);
            return GatewayError.AnswerFilter.Status;
        }

        ProtocolJson.WriteObject(output, (facts, instead ?? "", instead is null ? "content_filter" : "stop"), WriteLast);
        return 200;
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => false;

    public EventMeaning MeaningOf(ReadOnlySpan<byte> type) => EventMeaning.None;

    public void WriteCut(IBufferWriter<byte> output, StreamEnd end)
    {
        ProtocolJson.WriteObject(output, (end.Facts, "", "content_filter"), WriteLast, end.Members.Span);
        output.Write("\n"u8);
    }

    public void WriteStreamError(IBufferWriter<byte> output, GatewayError error, StreamEnd end)
    {
        ProtocolJson.WriteObject(output, error, WriteError);
        output.Write("\n"u8);
    }

    private static ShapeRule[] Request() =>
    [
        new("", FieldRule.Text, "the request") { Expected = OpenAIShapes.AnObject },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model, Expected = OpenAIShapes.AString },
        new("stream", FieldRule.Text, "asks for a stream") { Capture = FieldCapture.Stream, Expected = OpenAIShapes.ASwitch },
        new("options", FieldRule.Watch, "how the model chooses its words"),
        new("format", FieldRule.Watch, "schema of the answer"),
        new("keep_alive", FieldRule.Structural, "a duration"),
        new("think", FieldRule.Structural, "a switch"),
        new("logprobs", FieldRule.Structural, "a switch"),
        new("top_logprobs", FieldRule.Structural, "a number"),
    ];

    private static JsonShape ChatShape() => new(
    [
        .. Request(),
        new("messages", FieldRule.Text, "the conversation") { Expected = [JsonTokenType.StartArray, JsonTokenType.Null] },
        new("messages[]", FieldRule.Text, "one turn") { Expected = OpenAIShapes.AnObject, IsGroup = true },
        new("messages[].role", FieldRule.Structural, "who speaks"),
        .. Spoken("messages[]"),
        new("tools", FieldRule.Watch, "tool definitions: a word in a description must not block a harmless question"),
        new("tools[].type", FieldRule.Structural, "kind of tool"),
    ]);

    private static JsonShape GenerateShape() => new(
    [
        .. Request(),
        new("prompt", FieldRule.Text, "what is asked"),
        new("suffix", FieldRule.Text, "what comes after the gap"),
        new("system", FieldRule.Text, "how to answer"),
        new("template", FieldRule.Text, "text around the prompt, read by the model"),
        new("raw", FieldRule.Structural, "a switch"),
        new("images[]", FieldRule.Media, "picture") { MediaKind = "image" },
        new("context[]", FieldRule.Text, "earlier turns as numbers") { Expected = OpenAIShapes.AString, Remedy = OpenAIShapes.NoTokenIds },
    ]);

    private static JsonShape EmbedShape() => new(
    [
        .. Request(),
        new("input", FieldRule.Text, "what is embedded") { Expected = OpenAIShapes.TextOrList, Remedy = OpenAIShapes.NoTokenIds },
        new("input[]", FieldRule.Text, "one of several texts") { Expected = OpenAIShapes.AString, Remedy = OpenAIShapes.NoTokenIds },
        new("prompt", FieldRule.Text, "what is embedded, older form"),
        new("truncate", FieldRule.Structural, "a switch"),
        new("dimensions", FieldRule.Structural, "a number"),
    ]);

    private static JsonShape AnswerShape() => new(
    [
        new("", FieldRule.Text, "one answer, or one piece of it") { IsGroup = true, Called = "message" },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("created_at", FieldRule.Structural, "a time") { Capture = FieldCapture.Created },
        new("done", FieldRule.Structural, "a switch") { Capture = FieldCapture.Finish },
        new("done_reason", FieldRule.Structural, "a constant"),
        new("message.role", FieldRule.Structural, "who speaks"),
        .. Spoken("message"),
        new("response", FieldRule.Text, "what is said") { IsShown = true },
        new("thinking", FieldRule.Text, "what was thought"),
        new("context", FieldRule.Structural, "numbers"),
        new("logprobs", FieldRule.Text, "the text in pieces") { Capture = FieldCapture.Logprobs },
        new("logprobs[].token", FieldRule.Text, "the text in pieces") { Joins = true },
        new("logprobs[].bytes", FieldRule.Text, "the text in bytes") { IsBytes = true, Joins = true },
        new("logprobs[].top_logprobs[].token", FieldRule.Watch, "alternatives, no text"),
        new("logprobs[].top_logprobs[].bytes", FieldRule.Watch, "alternatives in bytes") { IsBytes = true },
        new("error", FieldRule.Text, "what went wrong"),
    ]);

    private static ShapeRule[] Spoken(string path) =>
    [
        new($"{path}.content", FieldRule.Text, "what is said") { IsShown = true },
        new($"{path}.thinking", FieldRule.Text, "what was thought"),
        new($"{path}.images[]", FieldRule.Media, "picture") { MediaKind = "image" },
        new($"{path}.tool_name", FieldRule.Text, "which tool answered"),
        new($"{path}.tool_call_id", FieldRule.Structural, "identifier"),
        new($"{path}.tool_calls[]", FieldRule.Text, "one call") { IsSubGroup = true, IsWhole = true },
        new($"{path}.tool_calls[].id", FieldRule.Structural, "identifier"),
        new($"{path}.tool_calls[].type", FieldRule.Structural, "kind of call"),
        new($"{path}.tool_calls[].function", FieldRule.Text, "the function"),
        new($"{path}.tool_calls[].function.name", FieldRule.Text, "name of the tool") { Capture = FieldCapture.ToolName },
        new($"{path}.tool_calls[].function.arguments", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
    ];

    private static void WriteError(Utf8JsonWriter json, GatewayError error) => json.WriteString("error", error.Message);

    private static void WriteLast(Utf8JsonWriter json, (AnswerFacts Facts, string Text, string Reason) state)
    {
        json.WriteString("model", state.Facts.Model);
        json.WriteString("created_at", state.Facts.CreatedText);
        if (state.Facts.Operation.Name == Generate.Name)
        {
            json.WriteString("response", state.Text);
        }
        else
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteString("content", state.Text);
            json.WriteEndObject();
        }

        json.WriteBoolean("done", true);
        json.WriteString("done_reason", state.Reason);
    }
}
