using System.Buffers;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>OpenAI Chat Completions, JSON and server-sent events, as spoken by most model servers; stored completions too.</summary>
internal sealed class OpenAIChatProtocol : OpenAIProtocol
{
    public override string Name => "openai-chat";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("chat", "POST", Paths("chat/completions"))
        {
            Request = RequestShape(), Answer = AnswerShape(), StreamEvent = StreamShape(), Streams = StreamFormats.Events, IsGenerated = true,
            FormFields = OpenAIShapes.FormFields,
        },
        new("chat.stored", "GET", "/v1/chat/completions/{id}", "/openai/v1/chat/completions/{id}") { Answer = AnswerShape() },
        new("chat.stored.messages", "GET", "/v1/chat/completions/{id}/messages", "/openai/v1/chat/completions/{id}/messages")
        {
            Answer = new JsonShape([.. OpenAIShapes.Answer(), .. Spoken("data[]"), new("data[].id", FieldRule.Structural, "identifier")]),
        },
        new("models", "GET", "/v1/models", "/compatible-mode/v1/models", "/openai/v1/models", "/openai/models") { ExemptReason = "list of models: names only" },
    ];

    public override Refusal AnswerInstead(string text, AnswerFacts facts)
    {
        facts = facts with { Id = $"chatcmpl-{facts.Id}" };
        if (facts.Format == StreamFormats.None)
        {
            return ProtocolJson.Whole(200, (text, facts), static (json, state) =>
            {
                WriteEnvelope(json, state.facts, "chat.completion");
                json.WriteStartArray("choices");
                WriteChoice(json, 0, state.text, "stop");
                json.WriteEndArray();
                json.WriteNumbers("usage", "prompt_tokens", "completion_tokens", "total_tokens");
            });
        }

        var body = new ArrayBufferWriter<byte>();
        WriteChunk(body, facts, [0], text, null, default);
        WriteChunk(body, facts, [0], null, "stop", default);
        body.Write("data: [DONE]\n\n"u8);
        return new Refusal(200, "text/event-stream", body.WrittenMemory);
    }

    public override int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts)
    {
        if (facts.Operation.Request is null && scanned.Groups.Count == 0) return base.WriteBlocked(output, answer, scanned, blocked, instead, facts);
        var finishReason = instead is null ? "content_filter" : "stop";
        if (blocked.Count == 0)
        {
            // What was found lies outside the choices: nothing of the body can be trusted.
            var indexes = scanned.Groups.Count == 0 ? [0] : scanned.Groups.Select(group => group.Index).Distinct();
            ProtocolJson.WriteObject(output, (facts, indexes, instead, finishReason), static (json, state) =>
            {
                WriteEnvelope(json, state.facts with { Id = "blocked", Model = "unknown", CreatedAs = "0" }, "chat.completion");
                json.WriteStartArray("choices");
                foreach (var index in state.indexes) WriteChoice(json, index, state.instead ?? "", state.finishReason);
                json.WriteEndArray();
            });
            return 200;
        }

        // Everything but the blocked choices stays as it came, byte for byte.
        var position = 0;
        foreach (var ordinal in blocked.Order())
        {
            var group = scanned.Groups[ordinal];
            output.Write(answer[position..group.ByteStart]);
            ProtocolJson.WriteObject(output, (group.Index, instead, finishReason), static (json, state) =>
                WriteChoiceMembers(json, state.Index, state.instead ?? "", state.finishReason));
            position = group.ByteEnd;
        }

        output.Write(answer[position..]);
        return 200;
    }

    public override void WriteCut(IBufferWriter<byte> output, StreamEnd end)
    {
        var open = end.Groups.Select(group => group.Index).ToArray();
        if (open.Length > 0) WriteChunk(output, end.Facts, open, null, "content_filter", end.Members.Span);
        output.Write("data: [DONE]\n\n"u8);
    }

    private static JsonShape RequestShape() => new(
    [
        .. OpenAIShapes.Request(),
        .. OpenAIShapes.Sampling(),
        new("messages", FieldRule.Text, "the conversation") { Expected = OpenAIShapes.AnArray, IsRequired = true },
        .. Conversation(),
        new("tool_choice", FieldRule.Structural, "which tool"),
        new("tool_choice.type", FieldRule.Structural, "kind of choice"),
        new("response_format", FieldRule.Watch, "schema of the answer"),
        new("response_format.type", FieldRule.Structural, "kind of format"),
        new("modalities[]", FieldRule.Structural, "kinds of output"),
        new("audio.voice", FieldRule.Structural, "name of a voice"),
        new("audio.format", FieldRule.Structural, "coding"),
        new("reasoning_effort", FieldRule.Structural, "a constant"),
        new("verbosity", FieldRule.Structural, "a constant"),
        new("prediction.type", FieldRule.Structural, "a constant"),
        new("prediction.content", FieldRule.Text, "expected answer, read by the model"),
        new("prediction.content[]", FieldRule.Text, "a part that is only text") { Joins = true, IsPart = true, Channel = "prediction" },
        new("prediction.content[].type", FieldRule.Structural, "kind of part"),
        new("prediction.content[].text", FieldRule.Text, "read as one text by the model") { Joins = true, IsPart = true, Channel = "prediction" },
        new("max_completion_tokens", FieldRule.Structural, "a number"),
        new("logprobs", FieldRule.Structural, "a switch"),
        new("top_logprobs", FieldRule.Structural, "a number"),
        new("parallel_tool_calls", FieldRule.Structural, "a switch"),
    ]);

    /// <summary>The turns, and what a template writes around them; for every endpoint that takes a conversation.</summary>
    internal static ShapeRule[] Conversation() =>
    [
        new("messages[]", FieldRule.Text, "one turn") { Expected = OpenAIShapes.AnObject, IsGroup = true },
        new("messages[].role", FieldRule.Structural, "who speaks") { Expected = OpenAIShapes.AString },
        new("messages[].content", FieldRule.Text, "what is said") { Expected = OpenAIShapes.TextOrList, Channel = "content" },
        .. Parts("messages[].content[]"),
        new("messages[].name", FieldRule.Text, "name of the speaker, read by the model"),
        new("messages[].tool_call_id", FieldRule.Structural, "identifier"),
        new("messages[].audio.id", FieldRule.Media, "sound made earlier") { MediaKind = "audio" },
        new("messages[].refusal", FieldRule.Text, "what is said"),
        new("messages[].reasoning_content", FieldRule.Text, "what was thought"),
        new("messages[].tool_calls[]", FieldRule.Text, "one call") { IsSubGroup = true },
        new("messages[].tool_calls[].id", FieldRule.Structural, "identifier"),
        new("messages[].tool_calls[].type", FieldRule.Structural, "kind of call"),
        new("messages[].tool_calls[].function.name", FieldRule.Text, "name of the tool") { Capture = FieldCapture.ToolName },
        new("messages[].tool_calls[].function.arguments", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
        new("tools", FieldRule.Watch, "tool definitions: a word in a description must not block a harmless question"),
        new("tools[]", FieldRule.Watch, "one tool"),
        new("tools[].type", FieldRule.Structural, "kind of tool"),
        new("tools[].function", FieldRule.Watch, "one function"),
        new("tools[].function.name", FieldRule.Watch, "name of the tool"),
        new("tools[].function.description", FieldRule.Watch, "what the tool does"),
        new("tools[].function.parameters", FieldRule.Watch, "schema"),
        new("functions", FieldRule.Watch, "tool definitions, older form"),
        new("chat_template", FieldRule.Text, "vLLM: text around the conversation, read by the model"),
        new("chat_template_kwargs", FieldRule.Text, "vLLM: what the template puts in, read by the model"),
    ];

    private static ShapeRule[] Parts(string path) =>
    [
        new(path, FieldRule.Text, "vLLM: a part that is only text") { Joins = true, IsPart = true, Channel = "content" },
        new($"{path}.type", FieldRule.Structural, "kind of part"),
        new($"{path}.text", FieldRule.Text, "read as one text by the model") { Joins = true, IsPart = true, Channel = "content" },
        new($"{path}.image_url", FieldRule.Media, "picture, DashScope's form") { MediaKind = "image" },
        new($"{path}.image_url.url", FieldRule.Media, "picture") { MediaKind = "image" },
        new($"{path}.image_url.detail", FieldRule.Structural, "resolution"),
        new($"{path}.video_url.url", FieldRule.Media, "film") { MediaKind = "video" },
        new($"{path}.video[]", FieldRule.Media, "film as pictures, DashScope's form") { MediaKind = "video" },
        new($"{path}.audio_url.url", FieldRule.Media, "sound, vLLM's form") { MediaKind = "audio" },
        new($"{path}.image_embeds", FieldRule.Media, "vLLM: picture as numbers") { MediaKind = "embedding" },
        new($"{path}.prompt_embeds", FieldRule.Media, "vLLM: text as numbers") { MediaKind = "embedding" },
        new($"{path}.input_audio.data", FieldRule.Media, "sound") { MediaKind = "audio" },
        new($"{path}.input_audio.format", FieldRule.Structural, "coding"),
        new($"{path}.file.file_data", FieldRule.Media, "file") { MediaKind = "file" },
        new($"{path}.file.file_id", FieldRule.Media, "file uploaded earlier") { MediaKind = "file" },
        new($"{path}.file.filename", FieldRule.Text, "name of a file, read by the model"),
    ];

    private static JsonShape AnswerShape() => new([.. OpenAIShapes.Answer(), .. OpenAIShapes.Choices(), .. Logprobs(), .. Spoken("choices[].message")]);

    private static JsonShape StreamShape() => new([.. OpenAIShapes.Answer(), .. OpenAIShapes.Choices(), .. Logprobs(), .. Spoken("choices[].delta")]);

    private static ShapeRule[] Logprobs() =>
    [
        new("choices[].logprobs.content[].token", FieldRule.Text, "the answer in pieces") { Joins = true },
        new("choices[].logprobs.content[].bytes", FieldRule.Text, "the answer in bytes") { IsBytes = true, Joins = true },
        new("choices[].logprobs.content[].top_logprobs[].token", FieldRule.Watch, "alternatives, no text"),
        new("choices[].logprobs.content[].top_logprobs[].bytes", FieldRule.Watch, "alternatives in bytes") { IsBytes = true },
        new("choices[].logprobs.refusal[].token", FieldRule.Text, "the refusal in pieces") { Joins = true },
        new("choices[].logprobs.refusal[].bytes", FieldRule.Text, "the refusal in bytes") { IsBytes = true, Joins = true },
        new("choices[].logprobs.refusal[].top_logprobs[].token", FieldRule.Watch, "alternatives, no text"),
        new("choices[].logprobs.refusal[].top_logprobs[].bytes", FieldRule.Watch, "alternatives in bytes") { IsBytes = true },
    ];

    private static ShapeRule[] Spoken(string path) =>
    [
        new($"{path}.role", FieldRule.Structural, "who speaks"),
        new($"{path}.content", FieldRule.Text, "what is said") { IsShown = true, Channel = "content" },
        new($"{path}.content[]", FieldRule.Text, "a part that is only text") { Joins = true, IsPart = true, Channel = "content" },
        new($"{path}.content[].type", FieldRule.Structural, "kind of part"),
        new($"{path}.content[].text", FieldRule.Text, "read as one text by the client") { Joins = true, IsPart = true, IsShown = true, Channel = "content" },
        new($"{path}.refusal", FieldRule.Text, "what is said"),
        new($"{path}.reasoning_content", FieldRule.Text, "what was thought"),
        new($"{path}.tool_calls", FieldRule.Text, "calls"),
        new($"{path}.tool_calls[]", FieldRule.Text, "one call") { IsSubGroup = true },
        new($"{path}.tool_calls[].index", FieldRule.Structural, "a number") { Capture = FieldCapture.SubIndex },
        new($"{path}.tool_calls[].id", FieldRule.Structural, "identifier"),
        new($"{path}.tool_calls[].type", FieldRule.Structural, "kind of call"),
        new($"{path}.tool_calls[].function.name", FieldRule.Text, "name of the tool") { Capture = FieldCapture.ToolName },
        new($"{path}.tool_calls[].function.arguments", FieldRule.Text, "what the tool is told") { Capture = FieldCapture.ToolArguments },
        new($"{path}.function_call.name", FieldRule.Text, "name of the tool, older form") { Capture = FieldCapture.ToolName },
        new($"{path}.function_call.arguments", FieldRule.Text, "what the tool is told, older form") { Capture = FieldCapture.ToolArguments },
        new($"{path}.audio.id", FieldRule.Structural, "identifier"),
        new($"{path}.audio.data", FieldRule.Media, "sound") { MediaKind = "audio" },
        new($"{path}.audio.transcript", FieldRule.Text, "what is said"),
        new($"{path}.annotations", FieldRule.Text, "sources"),
    ];

    private static void WriteEnvelope(Utf8JsonWriter json, AnswerFacts facts, string kind)
    {
        json.WriteString("id", facts.Id);
        json.WriteString("object", kind);
        json.WriteNumber("created", facts.Created);
        json.WriteString("model", facts.Model);
    }

    private static void WriteChoice(Utf8JsonWriter json, int index, string content, string finishReason)
    {
        json.WriteStartObject();
        WriteChoiceMembers(json, index, content, finishReason);
        json.WriteEndObject();
    }

    private static void WriteChoiceMembers(Utf8JsonWriter json, int index, string content, string finishReason)
    {
        json.WriteNumber("index", index);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", content);
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finishReason);
    }

    private static void WriteChunk(
        IBufferWriter<byte> output, AnswerFacts facts, IReadOnlyCollection<int> choices, string? said, string? finishReason, ReadOnlySpan<byte> members) =>
        ProtocolJson.WriteEvent(output, [], (facts, choices, said, finishReason), static (json, state) =>
        {
            WriteEnvelope(json, state.facts, "chat.completion.chunk");
            json.WriteStartArray("choices");
            foreach (var index in state.choices)
            {
                json.WriteStartObject();
                json.WriteNumber("index", index);
                json.WriteStartObject("delta");
                if (state.said is not null)
                {
                    json.WriteString("role", "assistant");
                    json.WriteString("content", state.said);
                }

                json.WriteEndObject();
                json.WriteNull("logprobs");
                json.WriteString("finish_reason", state.finishReason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }, members);
}
