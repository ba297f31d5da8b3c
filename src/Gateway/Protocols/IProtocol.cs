using System.Buffers;

namespace Gateway.Protocols;

/// <summary>
/// Knows one wire format: which paths it serves, which JSON strings are not text, and how it writes a refusal, an
/// error and the end of a cut stream. One of the three seams of the product: a new protocol is one new file. Protocols
/// are stateless singletons; they never see verdicts, scores or terms.
/// </summary>
internal interface IProtocol
{
    /// <summary>Name in records and metrics: <c>openai-chat</c>.</summary>
    string Name { get; }

    /// <summary>Request bodies.</summary>
    JsonShape Request { get; }

    /// <summary>Answers that come whole, errors of the model server included.</summary>
    JsonShape Answer { get; }

    /// <summary>The data of one event of a stream.</summary>
    JsonShape StreamEvent { get; }

    /// <summary>
    /// The operation that a request asks for, or <see langword="null"/> when method and path are not this protocol's.
    /// Paths are compared exactly: a path that is almost right is nobody's and is refused.
    /// </summary>
    Operation? Claim(string method, string path);

    /// <summary>Writes an error of the gateway: the body for <see cref="GatewayError.Status"/>.</summary>
    void WriteError(IBufferWriter<byte> output, GatewayError error);

    /// <summary>The answer to a blocked prompt.</summary>
    Refusal Refuse(GatewayError error);

    /// <summary>A canned answer in place of the model's.</summary>
    Refusal AnswerInstead(string text, AnswerFacts facts, bool isStream);

    /// <summary>
    /// Writes an answer again with some of its choices emptied: nothing that the model produced for them is left.
    /// <paramref name="blocked"/> holds ordinals of <see cref="ScannedJson.Groups"/>; empty means the whole body. With
    /// <paramref name="instead"/> that text takes the model's place, as a complete answer.
    /// </summary>
    void WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead);

    /// <summary>True for the data of the event that ends a stream (<c>[DONE]</c>).</summary>
    bool IsTerminator(ReadOnlySpan<byte> data);

    /// <summary>Writes the end of a stream that was cut because of what it said: every open choice is closed, then the terminator.</summary>
    void WriteCut(IBufferWriter<byte> output, AnswerFacts facts, IReadOnlyCollection<int> openChoices, ReadOnlySpan<byte> members);

    /// <summary>Writes an error into a stream that cannot go on. No terminator: clients must not take it for complete.</summary>
    void WriteStreamError(IBufferWriter<byte> output, GatewayError error);
}
