namespace Gateway.Protocols;

/// <summary>Rerank and score, as Jina, Cohere, vLLM and DashScope spell them.</summary>
internal sealed class RerankProtocol : OpenAIProtocol
{
    public override string Name => "rerank";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("rerank", "POST", Paths("rerank", "/rerank", "/v2/rerank", "/v1/reranks", "/compatible-api/v1/reranks"))
        {
            Request = RequestShape(), Answer = AnswerShape(),
        },
        new("score", "POST", "/v1/score", "/score") { Request = RequestShape(), Answer = AnswerShape() },
    ];

    private static JsonShape RequestShape() => new(
    [
        .. OpenAIShapes.Request(),
        new("query", FieldRule.Text, "what is looked for"),
        new("documents", FieldRule.Text, "what is ranked: strings or objects"),
        new("documents[]", FieldRule.Text, "one of several texts"),
        new("texts", FieldRule.Text, "what is ranked, another spelling"),
        new("texts[]", FieldRule.Text, "one of several texts"),
        new("text_1", FieldRule.Text, "vLLM: one side of a score"),
        new("text_1[]", FieldRule.Text, "one of several texts"),
        new("text_2", FieldRule.Text, "vLLM: the other side of a score"),
        new("text_2[]", FieldRule.Text, "one of several texts"),
        new("top_n", FieldRule.Structural, "a number"),
        new("return_documents", FieldRule.Structural, "a switch"),
        new("truncate_prompt_tokens", FieldRule.Structural, "a number"),
    ]);

    private static JsonShape AnswerShape() => new(
    [
        .. OpenAIShapes.Answer(),
        new("results[].index", FieldRule.Structural, "a number"),
        new("results[].document", FieldRule.Text, "the document again"),
        new("results[].relevance_score", FieldRule.Structural, "a number"),
    ]);
}
