using System.Buffers;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>
/// Google Gemini: <c>generateContent</c>, whole; <c>streamGenerateContent</c> as server-sent events (<c>alt=sse</c>) or as one
/// JSON array. Names may be spelled in either of Google's two ways.
/// </summary>
internal sealed class GeminiProtocol : IProtocol
{
    private const string Blocked = "PROHIBITED_CONTENT";

    private static readonly Operation Generate = new("generate", "POST", Paths("generateContent")) { Request = RequestShape(), Answer = AnswerShape(), IsGenerated = true, FormFields = FormFields() };

    public string Name => "gemini";

    public bool AnnouncesEnd => false;

    public IReadOnlyList<Operation> Operations { get; } =
    [
        Generate,
        Generate with
        {
            Name = "generate.stream", Paths = Paths("streamGenerateContent"), StreamEvent = AnswerShape(),
            Streams = StreamFormats.Events | StreamFormats.Array, StreamsByDefault = true,
        },
        new("count", "POST", Paths("countTokens")) { Request = WrappedShape("generateContentRequest."), Answer = new JsonShape([.. Error(), new("totalTokens", FieldRule.Structural, "a number")]) },
        new("embed", "POST", Paths("embedContent")) { Request = new JsonShape([.. Frame(), .. Content("content")]), Answer = EmbeddedShape() },
        new("embed.batch", "POST", Paths("batchEmbedContents"))
        {
            Request = new JsonShape([.. Frame(), new("requests[]", FieldRule.Text, "one of several texts") { IsGroup = true }, new("requests[].model", FieldRule.Structural, "names the model"), .. Content("requests[].content")]), Answer = EmbeddedShape(),
        },
        new("models", "GET", "/v1beta/models", "/v1beta/models/{model}") { ExemptReason = "list of models: names only" },
    ];

    public Refusal Refuse(GatewayError error) => ProtocolJson.Whole(error.Status, error, WriteError);

    public Refusal RefusePrompt(AnswerFacts facts) => facts.Operation.IsGenerated ? Answer(facts, (json, _) => WritePromptFeedback(json, facts)) : Refuse(GatewayError.ContentFilter);

    public Refusal? AnswerInstead(string text, AnswerFacts facts) => facts.Operation.IsGenerated
        ? Answer(facts, (json, _) => WriteCandidates(json, (facts, [0], text, "STOP")))
        : null;

    public int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts)
    {
        var reason = instead is null ? Blocked : "STOP";
        if (!facts.Operation.IsGenerated)
        {
            ProtocolJson.WriteObject(output, GatewayError.AnswerFilter, WriteError);
            return GatewayError.AnswerFilter.Status;
        }

        if (blocked.Count == 0)
        {
            int[] indexes = scanned.Groups.Count == 0 ? [0] : [.. scanned.Groups.Select(group => group.Index).Distinct()];
            ProtocolJson.WriteObject(output, (facts with { Model = "unknown" }, indexes, instead ?? "", reason), WriteCandidates);
            return 200;
        }

        var position = 0;
        foreach (var ordinal in blocked.Order())
        {
            var group = scanned.Groups[ordinal];
            output.Write(answer[position..group.ByteStart]);
            ProtocolJson.WriteObject(output, (group.Index, instead ?? "", reason), WriteCandidate);
            position = group.ByteEnd;
        }

        output.Write(answer[position..]);
        return 200;
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => false;

    public EventMeaning MeaningOf(ReadOnlySpan<byte> type) => EventMeaning.None;

    public void WriteCut(IBufferWriter<byte> output, StreamEnd end)
    {
        int[] open = [.. end.Groups.Select(group => group.Index)];
        if (open.Length == 0) open = [0];
        WriteStep(output, end, (end.Facts, open, "", Blocked), WriteCandidates, end.Members.Span);
    }

    public void WriteStreamError(IBufferWriter<byte> output, GatewayError error, StreamEnd end) => WriteStep(output, end, error, WriteError, default);

    private static string[] Paths(string method) =>
    [
        $"/v1beta/models/{{model}}:{method}",
        $"/v1/models/{{model}}:{method}",
        $"/v1/projects/{{id}}/locations/{{id}}/publishers/google/models/{{model}}:{method}",
        $"/v1beta1/projects/{{id}}/locations/{{id}}/publishers/google/models/{{model}}:{method}",
        $"/v1beta1/publishers/google/models/{{model}}:{method}",
    ];

    private static string[] FormFields() =>
    [
        "generationConfig.responseMimeType", "generationConfig.responseSchema", "generationConfig.responseJsonSchema",
        "generation_config.response_mime_type", "generation_config.response_schema",
    ];

    private static ShapeRule[] Frame() =>
    [
        new("", FieldRule.Text, "the request") { Expected = OpenAIShapes.AnObject },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("taskType", FieldRule.Structural, "a constant"),
        new("outputDimensionality", FieldRule.Structural, "a number"),
    ];

    private static JsonShape RequestShape() => new([.. Frame(), .. Conversation("")]);

    private static JsonShape WrappedShape(string path) => new([.. Frame(), .. Conversation(""), new($"{path}model", FieldRule.Structural, "names the model"), .. Conversation(path)]);

    private static ShapeRule[] Conversation(string path) =>
    [
        new($"{path}contents", FieldRule.Text, "the conversation") { Expected = [JsonTokenType.StartArray, JsonTokenType.StartObject, JsonTokenType.String] },
        new($"{path}contents[]", FieldRule.Text, "one turn; strings are parts of one") { IsGroup = true, Joins = true, IsPart = true },
        .. Content($"{path}contents[]"),
        .. Content($"{path}contents"),
        .. Content($"{path}systemInstruction"),
        .. Content($"{path}system_instruction"),
        new($"{path}tools", FieldRule.Watch, "tool definitions: a word in a description must not block a harmless question"),
        new($"{path}toolConfig", FieldRule.Watch, "which tools"),
        new($"{path}tool_config", FieldRule.Watch, "which tools"),
        new($"{path}safetySettings[].category", FieldRule.Structural, "a constant"),
        new($"{path}safetySettings[].threshold", FieldRule.Structural, "a constant"),
        new($"{path}safety_settings", FieldRule.Watch, "constants"),
        new($"{path}generationConfig", FieldRule.Watch, "schema of the answer, where to stop, numbers"),
        new($"{path}generationConfig.responseMimeType", FieldRule.Structural, "media type"),
        new($"{path}generation_config", FieldRule.Watch, "schema of the answer, where to stop, numbers"),
        new($"{path}cachedContent", FieldRule.Opaque, "turns that the server remembers") { MediaKind = "history" },
        new($"{path}cached_content", FieldRule.Opaque, "turns that the server remembers") { MediaKind = "history" },
        new($"{path}labels", FieldRule.Watch, "labels given by the caller"),
    ];

    private static ShapeRule[] Content(string path) =>
    [
        new($"{path}.role", FieldRule.Structural, "who speaks"),
        new($"{path}.parts", FieldRule.Text, "what is said"),
        .. Part($"{path}.parts[]"),
    ];

    private static ShapeRule[] Part(string path) =>
    [
        new($"{path}.text", FieldRule.Text, "read as one text, thoughts apart") { Joins = true, IsPart = true, ApartIf = "thought:true", IsShown = true, ShownIf = "thought:" },
        new($"{path}.thought", FieldRule.Structural, "a switch"),
        new($"{path}.thoughtSignature", FieldRule.Opaque, "proof of what was thought") { MediaKind = "signature" },
        new($"{path}.thought_signature", FieldRule.Opaque, "proof of what was thought") { MediaKind = "signature" },
        new($"{path}.inlineData.mimeType", FieldRule.Structural, "media type"),
        new($"{path}.inlineData.data", FieldRule.Media, "picture, sound or file") { MediaKind = "file" },
        new($"{path}.inline_data.mime_type", FieldRule.Structural, "media type"),
        new($"{path}.inline_data.data", FieldRule.Media, "picture, sound or file") { MediaKind = "file" },
        new($"{path}.fileData.mimeType", FieldRule.Structural, "media type"),
        new($"{path}.fileData.fileUri", FieldRule.Media, "file uploaded earlier") { MediaKind = "file" },
        new($"{path}.file_data.mime_type", FieldRule.Structural, "media type"),
        new($"{path}.file_data.file_uri", FieldRule.Media, "file uploaded earlier") { MediaKind = "file" },
        new($"{path}.functionCall", FieldRule.Text, "a call") { IsWhole = true },
        new($"{path}.functionCall.id", FieldRule.Structural, "identifier"),
        new($"{path}.functionCall.name", FieldRule.Text, "name of the tool") { Capture = FieldCapture.ToolName },
        new($"{path}.functionCall.args", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
        new($"{path}.function_call", FieldRule.Text, "a call") { IsWhole = true },
        new($"{path}.function_call.name", FieldRule.Text, "name of the tool") { Capture = FieldCapture.ToolName },
        new($"{path}.function_call.args", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
        new($"{path}.functionResponse.id", FieldRule.Structural, "identifier"),
        new($"{path}.functionResponse.name", FieldRule.Text, "name of the tool"),
        new($"{path}.functionResponse.response", FieldRule.Text, "what the tool answered"),
    ];

    private static JsonShape AnswerShape() => new(
    [
        .. Error(),
        new("candidates", FieldRule.Text, "the answers"),
        new("candidates[]", FieldRule.Text, "one answer") { IsGroup = true },
        new("candidates[].index", FieldRule.Structural, "a number") { Capture = FieldCapture.GroupIndex },
        new("candidates[].finishReason", FieldRule.Structural, "a constant") { Capture = FieldCapture.Finish },
        new("candidates[].finishMessage", FieldRule.Text, "why it ended"),
        .. Content("candidates[].content"),
        new("candidates[].safetyRatings[].category", FieldRule.Structural, "a constant"),
        new("candidates[].safetyRatings[].probability", FieldRule.Structural, "a constant"),
        new("candidates[].logprobsResult", FieldRule.Text, "the answer in pieces") { Capture = FieldCapture.Logprobs },
        new("candidates[].logprobsResult.chosenCandidates[].token", FieldRule.Text, "the answer in pieces") { Joins = true },
        new("candidates[].logprobsResult.topCandidates[].candidates[].token", FieldRule.Watch, "alternatives, no text"),
        new("promptFeedback.blockReason", FieldRule.Structural, "a constant"),
        new("usageMetadata", FieldRule.Watch, "numbers and constants"),
        new("modelVersion", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("responseId", FieldRule.Structural, "identifier") { Capture = FieldCapture.Id },
        new("createTime", FieldRule.Structural, "a time"),
    ]);

    private static JsonShape EmbeddedShape() => new([.. Error(), new("embedding.values", FieldRule.Structural, "numbers"), new("embeddings[].values", FieldRule.Structural, "numbers")]);

    private static ShapeRule[] Error() =>
    [
        new("error.code", FieldRule.Structural, "a number"),
        new("error.status", FieldRule.Structural, "a constant"),
        new("error.message", FieldRule.Text, "what went wrong"),
    ];

    /// <summary>A complete answer in the form that was asked for.</summary>
    private static Refusal Answer(AnswerFacts facts, Action<Utf8JsonWriter, int> members)
    {
        var body = new ArrayBufferWriter<byte>();
        switch (facts.Format)
        {
            case StreamFormats.Events:
                ProtocolJson.WriteEvent(body, [], 0, members);
                return new Refusal(200, "text/event-stream", body.WrittenMemory);
            case StreamFormats.Array:
                body.Write("["u8);
                ProtocolJson.WriteObject(body, 0, members);
                body.Write("]"u8);
                break;
            default:
                ProtocolJson.WriteObject(body, 0, members);
                break;
        }

        return new Refusal(200, "application/json", body.WrittenMemory);
    }

    /// <summary>The last event of a stream: an event, or the last element of the array with its bracket.</summary>
    private static void WriteStep<TState>(
        IBufferWriter<byte> output, StreamEnd end, TState state, Action<Utf8JsonWriter, TState> members, ReadOnlySpan<byte> more)
    {
        if (end.Facts.Format == StreamFormats.Events)
        {
            ProtocolJson.WriteEvent(output, [], state, members, more);
            return;
        }

        output.Write(end.Delivered == 0 ? "["u8 : ","u8);
        ProtocolJson.WriteObject(output, state, members, more);
        output.Write("]"u8);
    }

    private static void WriteError(Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject("error");
        json.WriteNumber("code", error.Status);
        json.WriteString("message", error.Message);
        json.WriteString("status", error.Status switch
        {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            >= 500 => "INTERNAL",
            _ => "INVALID_ARGUMENT",
        });
        json.WriteEndObject();
    }

    private static void WritePromptFeedback(Utf8JsonWriter json, AnswerFacts facts)
    {
        json.WriteStartObject("promptFeedback");
        json.WriteString("blockReason", Blocked);
        json.WriteEndObject();
        WriteFrame(json, facts);
    }

    private static void WriteCandidates(Utf8JsonWriter json, (AnswerFacts Facts, int[] Indexes, string Text, string Reason) state)
    {
        json.WriteStartArray("candidates");
        foreach (var index in state.Indexes)
        {
            json.WriteStartObject();
            WriteCandidate(json, (index, state.Text, state.Reason));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteFrame(json, state.Facts);
    }

    private static void WriteCandidate(Utf8JsonWriter json, (int Index, string Text, string Reason) state)
    {
        json.WriteStartObject("content");
        json.WriteStartArray("parts");
        json.WriteStartObject();
        json.WriteString("text", state.Text);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("role", "model");
        json.WriteEndObject();
        json.WriteString("finishReason", state.Reason);
        json.WriteNumber("index", state.Index);
    }

    private static void WriteFrame(Utf8JsonWriter json, AnswerFacts facts)
    {
        json.WriteNumbers("usageMetadata", "promptTokenCount", "candidatesTokenCount", "totalTokenCount");
        json.WriteString("modelVersion", facts.Model);
        json.WriteString("responseId", facts.Id);
    }
}
