namespace Gateway.Protocols;

/// <summary>OpenAI Embeddings: texts in, numbers out. Token ids are refused.</summary>
internal sealed class OpenAIEmbeddingsProtocol : OpenAIProtocol
{
    public override string Name => "openai-embeddings";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("embeddings", "POST", Paths("embeddings"))
        {
            Request = new JsonShape(
            [
                .. OpenAIShapes.Request(),
                new("input", FieldRule.Text, "what is embedded") { Expected = OpenAIShapes.TextOrList, IsRequired = true, Remedy = OpenAIShapes.NoTokenIds },
                new("input[]", FieldRule.Text, "one of several texts") { Expected = OpenAIShapes.AString, Remedy = OpenAIShapes.NoTokenIds },
                new("encoding_format", FieldRule.Structural, "a constant"),
                new("dimensions", FieldRule.Structural, "a number"),
            ]),
            Answer = new JsonShape(
            [
                .. OpenAIShapes.Answer(),
                new("data[].object", FieldRule.Structural, "a constant"),
                new("data[].index", FieldRule.Structural, "a number"),
                new("data[].embedding", FieldRule.Opaque, "numbers, or numbers in base64") { MediaKind = "embedding" },
            ]),
        },
    ];
}
