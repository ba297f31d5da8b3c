using System.Buffers;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>
/// OpenAI Responses: typed events, each with what is new (<c>delta</c>) or with the whole again (<c>text</c>, <c>item</c>,
/// <c>response</c>). What the server remembers of earlier turns is recorded as unjudged.
/// </summary>
internal sealed class OpenAIResponsesProtocol : OpenAIProtocol
{
    private static readonly JsonShape Fetched = AnswerShape();

    public override string Name => "openai-responses";

    public override bool AnnouncesEnd => true;

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("responses", "POST", Paths("responses", "/openai/responses"))
        {
            Request = RequestShape(), Answer = Fetched, StreamEvent = StreamShape(), Streams = StreamFormats.Events, IsGenerated = true,
            FormFields = ["text.format.type"],
        },
        new("responses.fetched", "GET", Under("responses/{id}")) { Answer = Fetched, StreamEvent = StreamShape(), Streams = StreamFormats.Events },
        new("responses.cancelled", "POST", Under("responses/{id}/cancel")) { Answer = Fetched },
        new("responses.deleted", "DELETE", Under("responses/{id}")) { Answer = Fetched },
        new("responses.items", "GET", Under("responses/{id}/input_items"))
        {
            Answer = new JsonShape(
            [
                new("object", FieldRule.Structural, "a constant"),
                new("first_id", FieldRule.Structural, "identifier"),
                new("last_id", FieldRule.Structural, "identifier"),
                .. OpenAIShapes.Error(),
                .. Items("data[]"),
            ]),
        },
        new("responses.count", "POST", Under("responses/input_tokens")) { Request = RequestShape(), Answer = new JsonShape(OpenAIShapes.Answer()) },
    ];

    public override Refusal AnswerInstead(string text, AnswerFacts facts)
    {
        facts = facts with { Id = $"resp_{facts.Id}" };
        if (facts.Format == StreamFormats.None) return ProtocolJson.Whole(200, (facts, "completed", (string?)text), WriteResponse);
        var body = new ArrayBufferWriter<byte>();
        WriteStep(body, "response.created", 0, (facts, "in_progress", null), default);
        WriteSpoken(body, text, facts);
        WriteStep(body, "response.completed", 5, (facts, "completed", text), default);
        return new Refusal(200, "text/event-stream", body.WrittenMemory);
    }

    public override int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts)
    {
        if (facts.Operation.Answer != Fetched) return base.WriteBlocked(output, answer, scanned, blocked, instead, facts);
        ProtocolJson.WriteObject(output, (facts, instead is null ? "incomplete" : "completed", instead), WriteResponse);
        return 200;
    }

    public override EventMeaning MeaningOf(ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8) || type.SequenceEqual("response.failed"u8))
        {
            return EventMeaning.EndsText | EventMeaning.EndsStream;
        }

        if (type.SequenceEqual("error"u8)) return EventMeaning.EndsText | EventMeaning.EndsStream;
        if (type.SequenceEqual("response.output_item.done"u8)) return EventMeaning.EndsGroup;
        return type.EndsWith(".done"u8) ? EventMeaning.EndsPart : EventMeaning.None;
    }

    public override void WriteCut(IBufferWriter<byte> output, StreamEnd end)
    {
        var sequence = end.Sequence;
        if (end.Delivered == 0) WriteStep(output, "response.created", ++sequence, (end.Facts, "in_progress", null), default);
        WriteStep(output, "response.incomplete", sequence + 1, (end.Facts, "incomplete", null), end.Members.Span);
    }

    public override void WriteStreamError(IBufferWriter<byte> output, GatewayError error, StreamEnd end) =>
        ProtocolJson.WriteEvent(output, "error"u8, (error, end.Sequence), static (json, state) =>
        {
            json.WriteString("type", "error");
            json.WriteNumber("sequence_number", state.Sequence + 1);
            json.WriteString("code", state.error.Code);
            json.WriteString("message", state.error.Message);
            json.WriteNull("param");
        });

    private static string[] Under(string endpoint) => [$"/v1/{endpoint}", $"/openai/v1/{endpoint}", $"/openai/{endpoint}", $"/compatible-mode/v1/{endpoint}"];

    private static JsonShape RequestShape() => new(
    [
        .. OpenAIShapes.Request(),
        new("input", FieldRule.Text, "what is said") { Expected = OpenAIShapes.TextOrList },
        .. Items("input[]"),
        new("input[]", FieldRule.Text, "one item") { Expected = OpenAIShapes.AnObject, IsGroup = true },
        new("instructions", FieldRule.Text, "how to answer"),
        new("previous_response_id", FieldRule.Opaque, "turns that the server remembers") { MediaKind = "history" },
        new("conversation", FieldRule.Opaque, "turns that the server remembers") { MediaKind = "history" },
        new("conversation.id", FieldRule.Opaque, "turns that the server remembers") { MediaKind = "history" },
        new("prompt.id", FieldRule.Opaque, "a prompt that the server remembers") { MediaKind = "prompt" },
        new("prompt.version", FieldRule.Structural, "identifier"),
        new("tools", FieldRule.Watch, "tool definitions: a word in a description must not block a harmless question"),
        new("tools[].type", FieldRule.Structural, "kind of tool"),
        new("tool_choice", FieldRule.Structural, "which tool"),
        new("tool_choice.type", FieldRule.Structural, "kind of choice"),
        new("text", FieldRule.Watch, "schema of the answer"),
        new("text.format.type", FieldRule.Structural, "kind of format"),
        new("text.verbosity", FieldRule.Structural, "a constant"),
        new("reasoning.effort", FieldRule.Structural, "a constant"),
        new("reasoning.summary", FieldRule.Structural, "a constant"),
        new("include[]", FieldRule.Structural, "constants"),
        new("truncation", FieldRule.Structural, "a constant"),
        new("background", FieldRule.Structural, "a switch"),
        new("max_output_tokens", FieldRule.Structural, "a number"),
        new("max_tool_calls", FieldRule.Structural, "a number"),
        new("parallel_tool_calls", FieldRule.Structural, "a switch"),
        new("temperature", FieldRule.Structural, "a number"),
        new("top_p", FieldRule.Structural, "a number"),
        new("top_logprobs", FieldRule.Structural, "a number"),
    ]);

    private static JsonShape AnswerShape() => new(Response(""));

    private static JsonShape StreamShape() => new(
    [
        new("", FieldRule.Text, "one event") { IsGroup = true, IsSubGroup = true, Called = "output" },
        new("type", FieldRule.Structural, "kind of event") { Capture = FieldCapture.Type },
        new("sequence_number", FieldRule.Structural, "a number") { Capture = FieldCapture.Sequence },
        new("output_index", FieldRule.Structural, "a number") { Capture = FieldCapture.GroupIndex },
        new("content_index", FieldRule.Structural, "a number") { Capture = FieldCapture.SubIndex },
        new("summary_index", FieldRule.Structural, "a number") { Capture = FieldCapture.SubIndex },
        new("item_id", FieldRule.Structural, "identifier"),
        new("obfuscation", FieldRule.Structural, "random padding against traffic analysis"),
        new("delta", FieldRule.Text, "what is new of a text") { IsShown = true, ShownIf = "type:response.output_text.delta" },
        new("logprobs", FieldRule.Text, "the text in pieces") { Capture = FieldCapture.Logprobs },
        new("logprobs[].token", FieldRule.Text, "the text in pieces") { Joins = true },
        new("logprobs[].bytes", FieldRule.Text, "the text in bytes") { IsBytes = true, Joins = true },
        new("logprobs[].top_logprobs[].token", FieldRule.Watch, "alternatives, no text"),
        new("logprobs[].top_logprobs[].bytes", FieldRule.Watch, "alternatives in bytes") { IsBytes = true },
        new("text", FieldRule.Text, "the whole text") { IsWhole = true, IsShown = true, ShownIf = "type:response.output_text.done" },
        new("refusal", FieldRule.Text, "the whole text") { IsWhole = true },
        new("transcript", FieldRule.Text, "the whole text") { IsWhole = true },
        new("name", FieldRule.Text, "name of the tool") { IsWhole = true },
        new("arguments", FieldRule.Text, "what the tool is told, whole") { IsWhole = true },
        new("input", FieldRule.Text, "what the tool is told, whole") { IsWhole = true },
        new("code", FieldRule.Text, "a program, or the code of an error") { IsWhole = true },
        new("message", FieldRule.Text, "what went wrong") { IsWhole = true },
        new("annotation", FieldRule.Text, "a source") { IsWhole = true },
        new("partial_image_b64", FieldRule.Media, "picture") { MediaKind = "image" },
        new("part", FieldRule.Text, "a part of an item") { IsWhole = true },
        .. Part("part"),
        .. Items("item"),
        new("response", FieldRule.Text, "the answer") { IsWhole = true },
        .. Response("response."),
    ]);

    /// <summary>An answer as an object of its own.</summary>
    private static ShapeRule[] Response(string path) =>
    [
        new($"{path}id", FieldRule.Structural, "identifier") { Capture = FieldCapture.Id },
        new($"{path}object", FieldRule.Structural, "a constant"),
        new($"{path}created_at", FieldRule.Structural, "a number") { Capture = FieldCapture.Created },
        new($"{path}completed_at", FieldRule.Structural, "a number"),
        new($"{path}model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new($"{path}status", FieldRule.Structural, "a constant"),
        new($"{path}error.code", FieldRule.Structural, "a constant"),
        new($"{path}error.message", FieldRule.Text, "what went wrong"),
        new($"{path}error.type", FieldRule.Structural, "a constant"),
        new($"{path}error.param", FieldRule.Text, "the field it is about"),
        new($"{path}incomplete_details.reason", FieldRule.Structural, "a constant"),
        new($"{path}instructions", FieldRule.Watch, "the request again, judged there"),
        new($"{path}tools", FieldRule.Watch, "the request again, judged there"),
        new($"{path}text", FieldRule.Watch, "the request again, judged there"),
        new($"{path}metadata", FieldRule.Watch, "labels given by the caller"),
        new($"{path}user", FieldRule.Watch, "identifier given by the caller"),
        new($"{path}safety_identifier", FieldRule.Watch, "identifier given by the caller"),
        new($"{path}prompt_cache_key", FieldRule.Watch, "identifier given by the caller"),
        new($"{path}previous_response_id", FieldRule.Structural, "identifier"),
        new($"{path}tool_choice", FieldRule.Structural, "which tool"),
        new($"{path}truncation", FieldRule.Structural, "a constant"),
        new($"{path}service_tier", FieldRule.Structural, "a constant"),
        new($"{path}reasoning.effort", FieldRule.Structural, "a constant"),
        new($"{path}reasoning.summary", FieldRule.Structural, "a constant"),
        new($"{path}output", FieldRule.Text, "the items") { IsWhole = path.Length > 0 },
        .. Items($"{path}output[]"),
        new($"{path}output_text", FieldRule.Text, "the text again, added by some servers") { IsShown = true },
    ];

    /// <summary>An item of a conversation: a message, a call, its result, reasoning.</summary>
    private static ShapeRule[] Items(string path) =>
    [
        new(path, FieldRule.Text, "one item") { IsWhole = path == "item" },
        new($"{path}.id", FieldRule.Structural, "identifier"),
        new($"{path}.type", FieldRule.Structural, "kind of item"),
        new($"{path}.role", FieldRule.Structural, "who speaks"),
        new($"{path}.status", FieldRule.Structural, "a constant"),
        new($"{path}.phase", FieldRule.Structural, "a constant"),
        new($"{path}.call_id", FieldRule.Structural, "identifier"),
        new($"{path}.content", FieldRule.Text, "what is said"),
        .. Part($"{path}.content[]"),
        new($"{path}.summary[].type", FieldRule.Structural, "kind of part"),
        new($"{path}.summary[].text", FieldRule.Text, "summary of what was thought") { Joins = true, IsPart = true },
        new($"{path}.encrypted_content", FieldRule.Opaque, "what was thought, for the server alone") { MediaKind = "reasoning" },
        new($"{path}.name", FieldRule.Text, "name of the tool") { Capture = FieldCapture.ToolName },
        new($"{path}.arguments", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
        new($"{path}.input", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
        new($"{path}.output", FieldRule.Text, "what the tool answered"),
        .. Part($"{path}.output[]"),
        new($"{path}.output.type", FieldRule.Structural, "kind of output"),
        new($"{path}.output.image_url", FieldRule.Media, "picture of a screen") { MediaKind = "image" },
        new($"{path}.result", FieldRule.Media, "picture that was made; other results are text") { MediaKind = "image", EncodedIf = "type:image_generation_call" },
        new($"{path}.container_id", FieldRule.Structural, "identifier"),
        new($"{path}.server_label", FieldRule.Structural, "name of a server"),
        new($"{path}.tools", FieldRule.Watch, "tool definitions that a server listed"),
    ];

    private static ShapeRule[] Part(string path) =>
    [
        new($"{path}.type", FieldRule.Structural, "kind of part"),
        new($"{path}.text", FieldRule.Text, "read as one text") { Joins = true, IsPart = true, IsShown = true, ShownIf = "type:output_text" },
        new($"{path}.refusal", FieldRule.Text, "what is said"),
        new($"{path}.transcript", FieldRule.Text, "what is said"),
        new($"{path}.image_url", FieldRule.Media, "picture") { MediaKind = "image" },
        new($"{path}.detail", FieldRule.Structural, "resolution"),
        new($"{path}.file_id", FieldRule.Media, "file uploaded earlier") { MediaKind = "file" },
        new($"{path}.file_data", FieldRule.Media, "file") { MediaKind = "file" },
        new($"{path}.file_url", FieldRule.Media, "file") { MediaKind = "file" },
        new($"{path}.input_audio.data", FieldRule.Media, "sound") { MediaKind = "audio" },
        new($"{path}.input_audio.format", FieldRule.Structural, "coding"),
        new($"{path}.logprobs", FieldRule.Text, "the text in pieces") { Capture = FieldCapture.Logprobs },
        new($"{path}.logprobs[].token", FieldRule.Text, "the text in pieces") { Joins = true },
        new($"{path}.logprobs[].bytes", FieldRule.Text, "the text in bytes") { IsBytes = true, Joins = true },
        new($"{path}.logprobs[].top_logprobs[].token", FieldRule.Watch, "alternatives, no text"),
        new($"{path}.logprobs[].top_logprobs[].bytes", FieldRule.Watch, "alternatives in bytes") { IsBytes = true },
    ];

    private static void WriteStep(
        IBufferWriter<byte> output, string type, long sequence, (AnswerFacts Facts, string Status, string? Text) response, ReadOnlySpan<byte> members) =>
        ProtocolJson.WriteEvent(output, System.Text.Encoding.ASCII.GetBytes(type), (type, sequence, response), static (json, state) =>
        {
            json.WriteString("type", state.type);
            json.WriteNumber("sequence_number", state.sequence);
            json.WriteStartObject("response");
            WriteResponse(json, state.response);
            json.WriteEndObject();
        }, members);

    private static void WriteSpoken(IBufferWriter<byte> output, string text, AnswerFacts facts)
    {
        foreach (var (type, sequence) in new[] { ("response.output_item.added", 1), ("response.output_text.delta", 2), ("response.output_text.done", 3), ("response.output_item.done", 4) })
        {
            ProtocolJson.WriteEvent(output, System.Text.Encoding.ASCII.GetBytes(type), (type, sequence, text, facts), static (json, state) =>
            {
                json.WriteString("type", state.type);
                json.WriteNumber("sequence_number", state.sequence);
                json.WriteNumber("output_index", 0);
                if (state.type.Contains("item", StringComparison.Ordinal))
                {
                    json.WriteStartObject("item");
                    WriteMessage(json, state.facts, state.type.EndsWith("done", StringComparison.Ordinal) ? state.text : null);
                    json.WriteEndObject();
                    return;
                }

                json.WriteString("item_id", $"msg_{state.facts.Id}");
                json.WriteNumber("content_index", 0);
                json.WriteString(state.type.EndsWith("delta", StringComparison.Ordinal) ? "delta" : "text", state.text);
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
            });
        }
    }

    private static void WriteResponse(Utf8JsonWriter json, (AnswerFacts Facts, string Status, string? Text) state)
    {
        json.WriteString("id", state.Facts.Id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", state.Facts.Created);
        json.WriteString("status", state.Status);
        json.WriteNull("error");
        if (state.Status == "incomplete")
        {
            json.WriteStartObject("incomplete_details");
            json.WriteString("reason", "content_filter");
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("incomplete_details");
        }

        json.WriteNull("instructions");
        json.WriteString("model", state.Facts.Model);
        json.WriteStartArray("output");
        if (state.Text is not null)
        {
            json.WriteStartObject();
            WriteMessage(json, state.Facts, state.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls", true);
        json.WriteString("tool_choice", "auto");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", 0);
        json.WriteNumbers("input_tokens_details", "cached_tokens");
        json.WriteNumber("output_tokens", 0);
        json.WriteNumbers("output_tokens_details", "reasoning_tokens");
        json.WriteNumber("total_tokens", 0);
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, AnswerFacts facts, string? text)
    {
        json.WriteString("id", $"msg_{facts.Id}");
        json.WriteString("type", "message");
        json.WriteString("status", text is null ? "in_progress" : "completed");
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
        if (text is not null)
        {
            json.WriteStartObject();
            json.WriteString("type", "output_text");
            json.WriteString("text", text);
            json.WriteStartArray("annotations");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
