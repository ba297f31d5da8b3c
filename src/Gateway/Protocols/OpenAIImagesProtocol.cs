namespace Gateway.Protocols;

/// <summary>OpenAI Images: prompts are judged, and so is the prompt that the model made of them; pictures are recorded as unjudged.</summary>
internal sealed class OpenAIImagesProtocol : OpenAIProtocol
{
    public override string Name => "openai-images";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("images.generations", "POST", Paths("images/generations"))
        {
            Request = RequestShape(), Answer = AnswerShape(), StreamEvent = AnswerShape(), Streams = StreamFormats.Events,
        },
        new("images.edits", "POST", Paths("images/edits"))
        {
            Request = RequestShape(), TakesForms = true, Answer = AnswerShape(), StreamEvent = AnswerShape(), Streams = StreamFormats.Events,
        },
        new("images.variations", "POST", Paths("images/variations")) { Request = RequestShape(), TakesForms = true, Answer = AnswerShape() },
    ];

    private static JsonShape RequestShape() => new(
    [
        .. OpenAIShapes.Request(),
        new("prompt", FieldRule.Text, "what is to be seen"),
        new("negative_prompt", FieldRule.Text, "what is not to be seen"),
        new("image", FieldRule.Media, "picture to change") { MediaKind = "image" },
        new("image[]", FieldRule.Media, "picture to change") { MediaKind = "image" },
        new("mask", FieldRule.Media, "which part to change") { MediaKind = "image" },
        new("size", FieldRule.Structural, "a constant"),
        new("quality", FieldRule.Structural, "a constant"),
        new("style", FieldRule.Structural, "a constant"),
        new("background", FieldRule.Structural, "a constant"),
        new("moderation", FieldRule.Structural, "a constant"),
        new("input_fidelity", FieldRule.Structural, "a constant"),
        new("output_format", FieldRule.Structural, "a constant"),
        new("output_compression", FieldRule.Structural, "a number"),
        new("partial_images", FieldRule.Structural, "a number"),
        new("response_format", FieldRule.Structural, "a constant"),
        new("n", FieldRule.Structural, "a number"),
    ]);

    private static JsonShape AnswerShape() => new(
    [
        .. OpenAIShapes.Answer(),
        new("type", FieldRule.Structural, "kind of event") { Capture = FieldCapture.Type },
        new("b64_json", FieldRule.Media, "picture in a stream") { MediaKind = "image" },
        new("background", FieldRule.Structural, "a constant"),
        new("output_format", FieldRule.Structural, "a constant"),
        new("quality", FieldRule.Structural, "a constant"),
        new("size", FieldRule.Structural, "a constant"),
        new("data[].b64_json", FieldRule.Media, "picture") { MediaKind = "image" },
        new("data[].url", FieldRule.Media, "picture") { MediaKind = "image" },
        new("data[].revised_prompt", FieldRule.Text, "what the model made of the prompt"),
    ]);
}
