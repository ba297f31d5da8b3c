namespace Gateway.Protocols;

/// <summary>What vLLM serves beside OpenAI's endpoints: counting the tokens of a text, and pooling. Token ids are refused.</summary>
internal sealed class VllmProtocol : OpenAIProtocol
{
    public override string Name => "vllm";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("tokenize", "POST", "/tokenize", "/v1/tokenize")
        {
            Request = new JsonShape([.. RequestRules(), new("return_token_strs", FieldRule.Structural, "a switch")]),
            Answer = new JsonShape(
            [
                .. OpenAIShapes.Answer(),
                new("count", FieldRule.Structural, "a number"),
                new("max_model_len", FieldRule.Structural, "a number"),
                new("tokens", FieldRule.Text, "the text as numbers; some servers write pieces of it"),
                new("token_strs[]", FieldRule.Text, "the text in pieces") { Joins = true },
            ]),
        },
        new("pooling", "POST", "/pooling", "/v1/pooling", "/classify", "/v1/classify")
        {
            Request = new JsonShape([.. RequestRules(), new("encoding_format", FieldRule.Structural, "a constant")]),
            Answer = new JsonShape(
            [
                .. OpenAIShapes.Answer(),
                new("data[].object", FieldRule.Structural, "a constant"),
                new("data[].index", FieldRule.Structural, "a number"),
                new("data[].label", FieldRule.Text, "name of a class"),
                new("data[].data", FieldRule.Opaque, "numbers, or numbers in base64") { MediaKind = "embedding" },
            ]),
        },
    ];

    private static ShapeRule[] RequestRules() =>
    [
        .. OpenAIShapes.Request(),
        new("prompt", FieldRule.Text, "the text, or several") { Expected = OpenAIShapes.TextOrList, Remedy = OpenAIShapes.NoTokenIds },
        new("prompt[]", FieldRule.Text, "one of several texts") { Expected = OpenAIShapes.AString, Remedy = OpenAIShapes.NoTokenIds },
        new("input", FieldRule.Text, "the text, or several") { Expected = OpenAIShapes.TextOrList, Remedy = OpenAIShapes.NoTokenIds },
        new("input[]", FieldRule.Text, "one of several texts") { Expected = OpenAIShapes.AString, Remedy = OpenAIShapes.NoTokenIds },
        .. OpenAIChatProtocol.Conversation(),
        new("add_special_tokens", FieldRule.Structural, "a switch"),
        new("add_generation_prompt", FieldRule.Structural, "a switch"),
    ];
}
