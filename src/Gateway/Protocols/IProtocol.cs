using System.Buffers;

namespace Gateway.Protocols;

/// <summary>
/// Knows one wire format: its paths, which strings of its bodies are not text, and how it writes a refusal, an error and
/// the end of a cut stream. One of the three seams of the product: a new protocol is one new file, found by
/// <see cref="ProtocolRegistry"/>. Protocols are stateless singletons; they never see verdicts, scores or terms.
/// </summary>
internal interface IProtocol
{
    /// <summary>Name in records and metrics: <c>openai-chat</c>.</summary>
    string Name { get; }

    /// <summary>Everything that can be asked of it. What is not listed is nobody's and is refused.</summary>
    IReadOnlyList<Operation> Operations { get; }

    /// <summary>An error of the gateway in place of an answer.</summary>
    Refusal Refuse(GatewayError error);

    /// <summary>The answer to a blocked prompt.</summary>
    Refusal RefusePrompt(AnswerFacts facts);

    /// <summary>A canned answer in place of the model's; <see langword="null"/> where the answer is not text.</summary>
    Refusal? AnswerInstead(string text, AnswerFacts facts);

    /// <summary>
    /// Writes an answer again with some of its groups emptied: nothing that the model produced for them is left.
    /// <paramref name="blocked"/> holds ordinals of <see cref="ScannedJson.Groups"/>; empty means the whole body. With
    /// <paramref name="instead"/> that text takes the model's place, as a complete answer.
    /// </summary>
    /// <returns>The status to send.</returns>
    int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts);

    /// <summary>True for the data of an event that ends a stream and is no JSON (<c>[DONE]</c>).</summary>
    bool IsTerminator(ReadOnlySpan<byte> data);

    /// <summary>What a kind of event (<see cref="FieldCapture.Type"/>) says about the text around it.</summary>
    EventMeaning MeaningOf(ReadOnlySpan<byte> type);

    /// <summary>A stream that just stops, without an event that says so, was broken off.</summary>
    bool AnnouncesEnd { get; }

    /// <summary>Writes the end of a stream that was cut because of what it said: every open group is closed, then the terminator.</summary>
    void WriteCut(IBufferWriter<byte> output, StreamEnd end);

    /// <summary>Writes an error into a stream that cannot go on. No terminator: clients must not take it for complete.</summary>
    void WriteStreamError(IBufferWriter<byte> output, GatewayError error, StreamEnd end);
}
