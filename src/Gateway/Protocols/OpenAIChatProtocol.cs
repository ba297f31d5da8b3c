using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>OpenAI Chat Completions, JSON and server-sent events, as spoken by most model servers.</summary>
internal sealed class OpenAIChatProtocol : IProtocol
{
    private static readonly Operation Chat = new("chat");
    private static readonly Operation Models = new("models", "list of models: names only");

    // Readable Chinese in canned answers and errors; the text never reaches an HTML page unescaped by its reader.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Name => "openai-chat";

    public JsonShape Request { get; } = new(
        new("", FieldRule.Text, "the request") { Expected = [JsonTokenType.StartObject] },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model, Expected = [JsonTokenType.String] },
        new("stream", FieldRule.Text, "asks for a stream")
        {
            Capture = FieldCapture.Stream, Expected = [JsonTokenType.True, JsonTokenType.False, JsonTokenType.Null],
        },
        new("messages", FieldRule.Text, "the conversation") { Expected = [JsonTokenType.StartArray], IsRequired = true },
        new("messages[]", FieldRule.Text, "one turn") { Expected = [JsonTokenType.StartObject], IsGroup = true },
        new("messages[].role", FieldRule.Structural, "who speaks") { Expected = [JsonTokenType.String] },
        new("messages[].content", FieldRule.Text, "what is said")
        {
            Expected = [JsonTokenType.String, JsonTokenType.StartArray, JsonTokenType.Null],
        },
        new("messages[].content[].type", FieldRule.Structural, "kind of part"),
        new("messages[].content[].text", FieldRule.Text, "read as one text by the model") { Joins = true },
        new("messages[].content[].image_url.url", FieldRule.Media, "picture") { MediaKind = "image" },
        new("messages[].content[].image_url.detail", FieldRule.Structural, "resolution"),
        new("messages[].content[].input_audio.data", FieldRule.Media, "sound") { MediaKind = "audio" },
        new("messages[].content[].input_audio.format", FieldRule.Structural, "coding"),
        new("messages[].content[].file.file_data", FieldRule.Media, "file") { MediaKind = "file" },
        new("messages[].content[].file.file_id", FieldRule.Structural, "identifier"),
        new("messages[].name", FieldRule.Text, "name of the speaker, read by the model"),
        new("messages[].tool_call_id", FieldRule.Structural, "identifier"),
        new("messages[].audio.id", FieldRule.Structural, "identifier"),
        new("messages[].refusal", FieldRule.Text, "what is said"),
        new("messages[].reasoning_content", FieldRule.Text, "what was thought"),
        new("messages[].tool_calls[]", FieldRule.Text, "one call") { IsSubGroup = true },
        new("messages[].tool_calls[].id", FieldRule.Structural, "identifier"),
        new("messages[].tool_calls[].type", FieldRule.Structural, "kind of call"),
        new("messages[].tool_calls[].function.name", FieldRule.Text, "name of the tool"),
        new("messages[].tool_calls[].function.arguments", FieldRule.Text, "what the tool is told"),
        new("tools", FieldRule.Watch, "tool definitions: a word in a description must not block a harmless question"),
        new("tools[]", FieldRule.Watch, "one tool"),
        new("tools[].type", FieldRule.Structural, "kind of tool"),
        new("tools[].function", FieldRule.Watch, "one function"),
        new("tools[].function.name", FieldRule.Watch, "name of the tool"),
        new("tools[].function.description", FieldRule.Watch, "what the tool does"),
        new("tools[].function.parameters", FieldRule.Watch, "schema"),
        new("functions", FieldRule.Watch, "tool definitions, older form"),
        new("tool_choice", FieldRule.Structural, "which tool"),
        new("tool_choice.type", FieldRule.Structural, "kind of choice"),
        new("response_format", FieldRule.Watch, "schema of the answer"),
        new("response_format.type", FieldRule.Structural, "kind of format"),
        new("user", FieldRule.Watch, "identifier given by the caller"),
        new("safety_identifier", FieldRule.Watch, "identifier given by the caller"),
        new("prompt_cache_key", FieldRule.Watch, "identifier given by the caller"),
        new("metadata", FieldRule.Watch, "labels given by the caller"),
        new("stop", FieldRule.Watch, "where to stop"),
        new("stop[]", FieldRule.Watch, "where to stop"),
        new("logit_bias", FieldRule.Watch, "token ids"),
        new("modalities[]", FieldRule.Structural, "kinds of output"),
        new("reasoning_effort", FieldRule.Structural, "a constant"),
        new("verbosity", FieldRule.Structural, "a constant"),
        new("service_tier", FieldRule.Structural, "a constant"),
        new("stream_options.include_usage", FieldRule.Structural, "asks for usage"),
        new("prediction.type", FieldRule.Structural, "a constant"),
        new("prediction.content", FieldRule.Text, "expected answer, read by the model"),
        new("prediction.content[].type", FieldRule.Structural, "kind of part"),
        new("prediction.content[].text", FieldRule.Text, "read as one text by the model") { Joins = true },
        new("n", FieldRule.Structural, "a number"),
        new("seed", FieldRule.Structural, "a number"),
        new("top_p", FieldRule.Structural, "a number"),
        new("temperature", FieldRule.Structural, "a number"),
        new("max_tokens", FieldRule.Structural, "a number"),
        new("max_completion_tokens", FieldRule.Structural, "a number"),
        new("presence_penalty", FieldRule.Structural, "a number"),
        new("frequency_penalty", FieldRule.Structural, "a number"),
        new("logprobs", FieldRule.Structural, "a switch"),
        new("top_logprobs", FieldRule.Structural, "a number"),
        new("parallel_tool_calls", FieldRule.Structural, "a switch"),
        new("store", FieldRule.Structural, "a switch"));

    public JsonShape Answer { get; } = new([.. AnswerEnvelope(), .. Spoken("choices[].message")]);

    public JsonShape StreamEvent { get; } = new([.. AnswerEnvelope(), .. Spoken("choices[].delta")]);

    public Operation? Claim(string method, string path) => path switch
    {
        "/v1/chat/completions" when HttpMethods.IsPost(method) => Chat,
        "/v1/models" when HttpMethods.IsGet(method) => Models,
        _ => null,
    };

    public void WriteError(IBufferWriter<byte> output, GatewayError error)
    {
        using var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        WriteErrorMember(json, error);
        json.WriteEndObject();
    }

    public Refusal Refuse(GatewayError error)
    {
        var body = new ArrayBufferWriter<byte>();
        WriteError(body, error);
        return new Refusal(error.Status, "application/json", body.WrittenMemory);
    }

    public Refusal AnswerInstead(string text, AnswerFacts facts, bool isStream)
    {
        var body = new ArrayBufferWriter<byte>();
        if (!isStream)
        {
            using var json = new Utf8JsonWriter(body, Readable);
            WriteEnvelope(json, facts, "chat.completion");
            json.WriteStartArray("choices");
            WriteChoice(json, 0, text, "stop");
            json.WriteEndArray();
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", 0);
            json.WriteNumber("completion_tokens", 0);
            json.WriteNumber("total_tokens", 0);
            json.WriteEndObject();
            json.WriteEndObject();
            json.Flush();
            return new Refusal(200, "application/json", body.WrittenMemory);
        }

        WriteChunk(body, facts, [0], static (json, said) =>
        {
            json.WriteString("role", "assistant");
            json.WriteString("content", said);
        }, text, null, default);
        WriteChunk<string?>(body, facts, [0], null, null, "stop", default);
        body.Write("data: [DONE]\n\n"u8);
        return new Refusal(200, "text/event-stream", body.WrittenMemory);
    }

    public void WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead)
    {
        var finishReason = instead is null ? "content_filter" : "stop";
        if (blocked.Count == 0)
        {
            // What was found lies outside the choices: nothing of the body can be trusted.
            using var whole = new Utf8JsonWriter(output, Readable);
            WriteEnvelope(whole, new AnswerFacts("blocked", "unknown", 0), "chat.completion");
            whole.WriteStartArray("choices");
            var indexes = scanned.Groups.Count == 0 ? [0] : scanned.Groups.Select(group => group.Index).Distinct();
            foreach (var index in indexes) WriteChoice(whole, index, instead ?? "", finishReason);
            whole.WriteEndArray();
            whole.WriteEndObject();
            return;
        }

        // Everything but the blocked choices stays as it came, byte for byte.
        var position = 0;
        foreach (var ordinal in blocked.Order())
        {
            var group = scanned.Groups[ordinal];
            output.Write(answer[position..group.ByteStart]);
            using (var json = new Utf8JsonWriter(output, Readable)) WriteChoice(json, group.Index, instead ?? "", finishReason);
            position = group.ByteEnd;
        }

        output.Write(answer[position..]);
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => data.Trim((byte)' ').SequenceEqual("[DONE]"u8);

    public void WriteCut(IBufferWriter<byte> output, AnswerFacts facts, IReadOnlyCollection<int> openChoices, ReadOnlySpan<byte> members)
    {
        if (openChoices.Count > 0) WriteChunk<string?>(output, facts, openChoices, null, null, "content_filter", members);
        output.Write("data: [DONE]\n\n"u8);
    }

    public void WriteStreamError(IBufferWriter<byte> output, GatewayError error)
    {
        output.Write("data: "u8);
        WriteError(output, error);
        output.Write("\n\n"u8);
    }

    private static ShapeRule[] AnswerEnvelope() =>
    [
        new("id", FieldRule.Structural, "identifier") { Capture = FieldCapture.Id },
        new("object", FieldRule.Structural, "a constant"),
        new("created", FieldRule.Structural, "a number") { Capture = FieldCapture.Created },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("system_fingerprint", FieldRule.Structural, "identifier"),
        new("service_tier", FieldRule.Structural, "a constant"),
        new("obfuscation", FieldRule.Structural, "random padding against traffic analysis"),
        new("choices", FieldRule.Text, "the answers"),
        new("choices[]", FieldRule.Text, "one answer") { IsGroup = true },
        new("choices[].index", FieldRule.Structural, "a number") { Capture = FieldCapture.GroupIndex },
        new("choices[].finish_reason", FieldRule.Structural, "a constant") { Capture = FieldCapture.Finish },
        new("choices[].stop_reason", FieldRule.Text, "the stop text that was met"),
        new("choices[].logprobs.content[].token", FieldRule.Text, "the answer in pieces") { Joins = true },
        new("choices[].logprobs.content[].top_logprobs[].token", FieldRule.Watch, "alternatives, no text"),
        new("choices[].logprobs.refusal[].token", FieldRule.Text, "the refusal in pieces") { Joins = true },
        new("usage", FieldRule.Text, "numbers"),
        new("usage.prompt_tokens", FieldRule.Structural, "a number"),
        new("usage.completion_tokens", FieldRule.Structural, "a number"),
        new("usage.total_tokens", FieldRule.Structural, "a number"),
        new("error.message", FieldRule.Text, "what went wrong"),
        new("error.type", FieldRule.Structural, "a constant"),
        new("error.param", FieldRule.Text, "the field it is about"),
        new("error.code", FieldRule.Structural, "a constant"),
    ];

    private static ShapeRule[] Spoken(string path) =>
    [
        new($"{path}.role", FieldRule.Structural, "who speaks"),
        new($"{path}.content", FieldRule.Text, "what is said"),
        new($"{path}.content[].type", FieldRule.Structural, "kind of part"),
        new($"{path}.content[].text", FieldRule.Text, "read as one text by the client") { Joins = true },
        new($"{path}.refusal", FieldRule.Text, "what is said"),
        new($"{path}.reasoning_content", FieldRule.Text, "what was thought"),
        new($"{path}.tool_calls", FieldRule.Text, "calls"),
        new($"{path}.tool_calls[]", FieldRule.Text, "one call") { IsSubGroup = true },
        new($"{path}.tool_calls[].index", FieldRule.Structural, "a number") { Capture = FieldCapture.SubIndex },
        new($"{path}.tool_calls[].id", FieldRule.Structural, "identifier"),
        new($"{path}.tool_calls[].type", FieldRule.Structural, "kind of call"),
        new($"{path}.tool_calls[].function.name", FieldRule.Text, "name of the tool"),
        new($"{path}.tool_calls[].function.arguments", FieldRule.Text, "what the tool is told"),
        new($"{path}.function_call.name", FieldRule.Text, "name of the tool, older form"),
        new($"{path}.function_call.arguments", FieldRule.Text, "what the tool is told, older form"),
        new($"{path}.audio.id", FieldRule.Structural, "identifier"),
        new($"{path}.audio.data", FieldRule.Media, "sound") { MediaKind = "audio" },
        new($"{path}.audio.transcript", FieldRule.Text, "what is said"),
        new($"{path}.annotations", FieldRule.Text, "sources"),
    ];

    private static void WriteErrorMember(Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            >= 500 => error.Code.StartsWith("upstream", StringComparison.Ordinal) ? "upstream_error" : "server_error",
            _ => "invalid_request_error",
        });
        if (error.Param is null) json.WriteNull("param");
        else json.WriteString("param", error.Param);
        json.WriteString("code", error.Code);
        json.WriteEndObject();
    }

    private static void WriteEnvelope(Utf8JsonWriter json, AnswerFacts facts, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", facts.Id);
        json.WriteString("object", kind);
        json.WriteNumber("created", facts.Created);
        json.WriteString("model", facts.Model);
    }

    private static void WriteChoice(Utf8JsonWriter json, int index, string content, string finishReason)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", content);
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finishReason);
        json.WriteEndObject();
    }

    private static void WriteChunk<TState>(
        IBufferWriter<byte> output,
        AnswerFacts facts,
        IReadOnlyCollection<int> choices,
        Action<Utf8JsonWriter, TState>? delta,
        TState state,
        string? finishReason,
        ReadOnlySpan<byte> members)
    {
        output.Write("data: "u8);
        var chunk = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(chunk, Readable))
        {
            WriteEnvelope(json, facts, "chat.completion.chunk");
            json.WriteStartArray("choices");
            foreach (var index in choices)
            {
                json.WriteStartObject();
                json.WriteNumber("index", index);
                json.WriteStartObject("delta");
                delta?.Invoke(json, state);
                json.WriteEndObject();
                json.WriteNull("logprobs");
                if (finishReason is null) json.WriteNull("finish_reason");
                else json.WriteString("finish_reason", finishReason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write(chunk.WrittenSpan[..^1]);
        output.Write(members);
        output.Write("}\n\n"u8);
    }
}
