using System.Buffers;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>OpenAI Completions: a text that is continued. Prompts as token ids are refused.</summary>
internal sealed class OpenAICompletionsProtocol : OpenAIProtocol
{
    public override string Name => "openai-completions";

    public override IReadOnlyList<Operation> Operations { get; } =
    [
        new("completions", "POST", Paths("completions"))
        {
            Request = RequestShape(), Answer = AnswerShape(), StreamEvent = AnswerShape(), Streams = StreamFormats.Events, IsGenerated = true,
            FormFields = [.. OpenAIShapes.FormFields, "suffix"],
        },
    ];

    public override Refusal AnswerInstead(string text, AnswerFacts facts)
    {
        facts = facts with { Id = $"cmpl-{facts.Id}" };
        if (facts.Format == StreamFormats.None) return ProtocolJson.Whole(200, (facts, (int[])[0], text, "stop"), WriteAnswer);
        var body = new ArrayBufferWriter<byte>();
        ProtocolJson.WriteEvent(body, [], (facts, (int[])[0], text, "stop"), WriteAnswer);
        body.Write("data: [DONE]\n\n"u8);
        return new Refusal(200, "text/event-stream", body.WrittenMemory);
    }

    public override int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts)
    {
        var reason = instead is null ? "content_filter" : "stop";
        if (blocked.Count == 0)
        {
            var indexes = scanned.Groups.Count == 0 ? [0] : scanned.Groups.Select(group => group.Index).Distinct().ToArray();
            ProtocolJson.WriteObject(output, (facts with { Id = "blocked", Model = "unknown", CreatedAs = "0" }, indexes, instead ?? "", reason), WriteAnswer);
            return 200;
        }

        var position = 0;
        foreach (var ordinal in blocked.Order())
        {
            var group = scanned.Groups[ordinal];
            output.Write(answer[position..group.ByteStart]);
            ProtocolJson.WriteObject(output, (group.Index, instead ?? "", reason), WriteChoice);
            position = group.ByteEnd;
        }

        output.Write(answer[position..]);
        return 200;
    }

    public override void WriteCut(IBufferWriter<byte> output, StreamEnd end)
    {
        var open = end.Groups.Select(group => group.Index).ToArray();
        if (open.Length > 0) ProtocolJson.WriteEvent(output, [], (end.Facts, open, "", "content_filter"), WriteAnswer, end.Members.Span);
        output.Write("data: [DONE]\n\n"u8);
    }

    private static JsonShape RequestShape() => new(
    [
        .. OpenAIShapes.Request(),
        .. OpenAIShapes.Sampling(),
        new("prompt", FieldRule.Text, "what is continued")
        {
            Expected = OpenAIShapes.TextOrList, IsRequired = true, Remedy = OpenAIShapes.NoTokenIds,
        },
        new("prompt[]", FieldRule.Text, "one of several texts") { Expected = OpenAIShapes.AString, Remedy = OpenAIShapes.NoTokenIds, IsGroup = true },
        new("suffix", FieldRule.Text, "what comes after the gap"),
        new("echo", FieldRule.Structural, "a switch"),
        new("logprobs", FieldRule.Structural, "a number"),
        new("response_format", FieldRule.Watch, "schema of the answer"),
        new("response_format.type", FieldRule.Structural, "kind of format"),
    ]);

    private static JsonShape AnswerShape() => new(
    [
        .. OpenAIShapes.Answer(),
        .. OpenAIShapes.Choices(),
        new("choices[].text", FieldRule.Text, "the continuation, after the prompt if that is echoed") { IsShown = true },
        new("choices[].logprobs.tokens[]", FieldRule.Text, "the answer in pieces") { Joins = true },
        new("choices[].logprobs.top_logprobs[]", FieldRule.Watch, "alternatives, no text"),
    ]);

    private static void WriteAnswer(Utf8JsonWriter json, (AnswerFacts Facts, int[] Indexes, string Text, string Reason) state)
    {
        json.WriteString("id", state.Facts.Id);
        json.WriteString("object", "text_completion");
        json.WriteNumber("created", state.Facts.Created);
        json.WriteString("model", state.Facts.Model);
        json.WriteStartArray("choices");
        foreach (var index in state.Indexes)
        {
            json.WriteStartObject();
            WriteChoice(json, (index, state.Text, state.Reason));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteChoice(Utf8JsonWriter json, (int Index, string Text, string Reason) state)
    {
        json.WriteString("text", state.Text);
        json.WriteNumber("index", state.Index);
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", state.Reason);
    }
}
