namespace Gateway.Protocols;

/// <summary>OpenAI Moderations: the text that is to be judged elsewhere is judged here too.</summary>
internal sealed class OpenAIModerationsProtocol : OpenAIProtocol
{
    public override string Name => "openai-moderations";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("moderations", "POST", Paths("moderations"))
        {
            Request = new JsonShape(
            [
                .. OpenAIShapes.Request(),
                new("input", FieldRule.Text, "what is moderated") { Expected = OpenAIShapes.TextOrList, IsRequired = true },
                new("input[]", FieldRule.Text, "one of several") { Expected = [System.Text.Json.JsonTokenType.String, System.Text.Json.JsonTokenType.StartObject] },
                new("input[].type", FieldRule.Structural, "kind of part"),
                new("input[].text", FieldRule.Text, "read as one text") { Joins = true, IsPart = true },
                new("input[].image_url.url", FieldRule.Media, "picture") { MediaKind = "image" },
            ]),
            Answer = new JsonShape(
            [
                .. OpenAIShapes.Answer(),
                new("results[].categories", FieldRule.Watch, "names of categories, no text of anybody's"),
                new("results[].category_scores", FieldRule.Watch, "names of categories, no text of anybody's"),
                new("results[].category_applied_input_types", FieldRule.Watch, "names of categories, no text of anybody's"),
            ]),
        },
    ];
}
