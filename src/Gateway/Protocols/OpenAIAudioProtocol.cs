namespace Gateway.Protocols;

/// <summary>OpenAI Audio: what is to be spoken and what was understood is judged; sound itself is recorded as unjudged.</summary>
internal sealed class OpenAIAudioProtocol : OpenAIProtocol
{
    public override string Name => "openai-audio";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("audio.speech", "POST", Paths("audio/speech"))
        {
            Request = SpeechShape(), Answer = TranscriptShape(), StreamEvent = TranscriptShape(), Streams = StreamFormats.Events, AnswerMedia = "audio",
        },
        new("audio.transcriptions", "POST", Paths("audio/transcriptions"))
        {
            Request = FormShape(), TakesForms = true, Answer = TranscriptShape(), StreamEvent = TranscriptShape(), Streams = StreamFormats.Events,
        },
        new("audio.translations", "POST", Paths("audio/translations")) { Request = FormShape(), TakesForms = true, Answer = TranscriptShape() },
    ];

    public override EventMeaning MeaningOf(ReadOnlySpan<byte> type) => type.SequenceEqual("transcript.text.done"u8) ? EventMeaning.EndsText : EventMeaning.None;

    private static JsonShape SpeechShape() => new(
    [
        .. OpenAIShapes.Request(),
        new("input", FieldRule.Text, "what is spoken") { Expected = OpenAIShapes.AString, IsRequired = true },
        new("instructions", FieldRule.Text, "how it is spoken"),
        new("voice", FieldRule.Structural, "name of a voice"),
        new("response_format", FieldRule.Structural, "a constant"),
        new("stream_format", FieldRule.Structural, "a constant"),
        new("speed", FieldRule.Structural, "a number"),
    ]);

    private static JsonShape FormShape() => new(
    [
        new("file", FieldRule.Media, "what was recorded") { MediaKind = "audio" },
        new("model", FieldRule.Structural, "names the model") { Capture = FieldCapture.Model },
        new("stream", FieldRule.Structural, "asks for a stream") { Capture = FieldCapture.Stream },
        new("prompt", FieldRule.Text, "what the model expects to hear"),
        new("language", FieldRule.Structural, "a constant"),
        new("response_format", FieldRule.Structural, "a constant"),
        new("temperature", FieldRule.Structural, "a number"),
        new("chunking_strategy", FieldRule.Structural, "a constant"),
        new("include[]", FieldRule.Structural, "constants"),
        new("timestamp_granularities[]", FieldRule.Structural, "constants"),
    ]);

    private static JsonShape TranscriptShape() => new(
    [
        .. OpenAIShapes.Answer(),
        new("type", FieldRule.Structural, "kind of event") { Capture = FieldCapture.Type },
        new("delta", FieldRule.Text, "what is understood, in pieces"),
        new("audio", FieldRule.Media, "sound in a stream") { MediaKind = "audio" },
        new("text", FieldRule.Text, "what was understood") { IsWhole = true },
        new("task", FieldRule.Structural, "a constant"),
        new("language", FieldRule.Structural, "a constant"),
        new("logprobs", FieldRule.Text, "the text in pieces") { Capture = FieldCapture.Logprobs },
        new("logprobs[].token", FieldRule.Text, "the text in pieces") { Joins = true },
        new("logprobs[].bytes", FieldRule.Text, "the text in bytes") { IsBytes = true, Joins = true },
        new("segments[].text", FieldRule.Text, "the text in pieces") { Joins = true },
        new("words[].word", FieldRule.Text, "the text in pieces") { Joins = true },
    ]);
}
