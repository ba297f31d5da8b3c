using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>Rules that OpenAI's endpoints have in common.</summary>
internal static class OpenAIShapes
{
    public static readonly JsonTokenType[] AnObject = [JsonTokenType.StartObject];
    public static readonly JsonTokenType[] AnArray = [JsonTokenType.StartArray];
    public static readonly JsonTokenType[] AString = [JsonTokenType.String];
    public static readonly JsonTokenType[] ASwitch = [JsonTokenType.True, JsonTokenType.False, JsonTokenType.Null];
    public static readonly JsonTokenType[] TextOrList = [JsonTokenType.String, JsonTokenType.StartArray, JsonTokenType.Null];

    public const string NoEmbeddings = "Prompts as numbers cannot be inspected: send the text.";
    public const string NoTokenIds = "Token ids cannot be inspected: send the text.";

    /// <summary>The frame of a request.</summary>
    public static ShapeRule[] Request() =>
    [
        new("", FieldRule.Text, "the request") { Expected = AnObject },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model, Expected = AString },
        new("stream", FieldRule.Text, "asks for a stream") { Capture = FieldCapture.Stream, Expected = ASwitch },
        new("stream_options.include_usage", FieldRule.Structural, "asks for usage"),
        new("stream_options.include_obfuscation", FieldRule.Structural, "a switch"),
        new("user", FieldRule.Watch, "identifier given by the caller"),
        new("safety_identifier", FieldRule.Watch, "identifier given by the caller"),
        new("prompt_cache_key", FieldRule.Watch, "identifier given by the caller"),
        new("prompt_cache_retention", FieldRule.Structural, "a constant"),
        new("metadata", FieldRule.Watch, "labels given by the caller"),
        new("service_tier", FieldRule.Structural, "a constant"),
        new("store", FieldRule.Structural, "a switch"),
    ];

    /// <summary>How the model is to choose its words; the extensions of vLLM, SGLang and DashScope too.</summary>
    public static ShapeRule[] Sampling() =>
    [
        new("stop", FieldRule.Watch, "where to stop"),
        new("stop[]", FieldRule.Watch, "where to stop"),
        new("bad_words", FieldRule.Watch, "vLLM: what not to say"),
        new("bad_words[]", FieldRule.Watch, "vLLM: what not to say"),
        new("logit_bias", FieldRule.Watch, "token ids"),
        new("n", FieldRule.Structural, "a number"),
        new("seed", FieldRule.Structural, "a number"),
        new("top_p", FieldRule.Structural, "a number"),
        new("top_k", FieldRule.Structural, "a number"),
        new("min_p", FieldRule.Structural, "a number"),
        new("best_of", FieldRule.Structural, "a number"),
        new("temperature", FieldRule.Structural, "a number"),
        new("max_tokens", FieldRule.Structural, "a number"),
        new("presence_penalty", FieldRule.Structural, "a number"),
        new("frequency_penalty", FieldRule.Structural, "a number"),
        new("repetition_penalty", FieldRule.Structural, "a number"),
        new("guided_json", FieldRule.Watch, "vLLM: schema of the answer"),
        new("guided_regex", FieldRule.Watch, "vLLM: form of the answer"),
        new("guided_choice", FieldRule.Watch, "vLLM: permitted answers"),
        new("guided_grammar", FieldRule.Watch, "vLLM: form of the answer"),
        new("guided_decoding_backend", FieldRule.Structural, "vLLM: a constant"),
        new("structured_outputs", FieldRule.Watch, "vLLM: form of the answer"),
        new("regex", FieldRule.Watch, "SGLang: form of the answer"),
        new("ebnf", FieldRule.Watch, "SGLang: form of the answer"),
        new("json_schema", FieldRule.Watch, "SGLang: schema of the answer"),
        new("enable_thinking", FieldRule.Structural, "DashScope: a switch"),
        new("enable_search", FieldRule.Structural, "DashScope: a switch"),
        new("prompt_token_ids", FieldRule.Text, "vLLM: the prompt as numbers") { Expected = [JsonTokenType.Null], Remedy = NoTokenIds },
        new("prompt_embeds", FieldRule.Text, "vLLM: the prompt as numbers") { Expected = [JsonTokenType.Null], Remedy = NoEmbeddings },
    ];

    /// <summary>What fixes the form of an answer, OpenAI's and the extensions of vLLM and SGLang.</summary>
    public static readonly string[] FormFields =
        ["response_format.type", "guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs", "regex", "ebnf", "json_schema"];

    /// <summary>The frame of an answer.</summary>
    public static ShapeRule[] Answer() =>
    [
        new("id", FieldRule.Structural, "identifier") { Capture = FieldCapture.Id },
        new("object", FieldRule.Structural, "a constant"),
        new("created", FieldRule.Structural, "a number") { Capture = FieldCapture.Created },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("system_fingerprint", FieldRule.Structural, "identifier"),
        new("service_tier", FieldRule.Structural, "a constant"),
        new("obfuscation", FieldRule.Structural, "random padding against traffic analysis"),
        new("usage", FieldRule.Text, "numbers"),
        new("usage.prompt_tokens", FieldRule.Structural, "a number"),
        new("usage.completion_tokens", FieldRule.Structural, "a number"),
        new("usage.total_tokens", FieldRule.Structural, "a number"),
        new("prompt_filter_results", FieldRule.Watch, "Azure: names of categories, no text of anybody's"),
        .. Error(),
    ];

    public static ShapeRule[] Error() =>
    [
        new("error.innererror.content_filter_result", FieldRule.Watch, "Azure: names of categories, no text of anybody's"),
        new("error.message", FieldRule.Text, "what went wrong"),
        new("error.type", FieldRule.Structural, "a constant"),
        new("error.param", FieldRule.Text, "the field it is about"),
        new("error.code", FieldRule.Structural, "a constant"),
    ];

    /// <summary>The choices of an answer.</summary>
    public static ShapeRule[] Choices() =>
    [
        new("choices", FieldRule.Text, "the answers"),
        new("choices[]", FieldRule.Text, "one answer") { IsGroup = true },
        new("choices[].index", FieldRule.Structural, "a number") { Capture = FieldCapture.GroupIndex },
        new("choices[].finish_reason", FieldRule.Structural, "a constant") { Capture = FieldCapture.Finish },
        new("choices[].stop_reason", FieldRule.Text, "the stop text that was met"),
        new("choices[].matched_stop", FieldRule.Text, "SGLang: the stop text that was met"),
        new("choices[].content_filter_results", FieldRule.Watch, "Azure: names of categories, no text of anybody's"),
        new("choices[].logprobs", FieldRule.Text, "the answer in pieces") { Capture = FieldCapture.Logprobs },
    ];
}
