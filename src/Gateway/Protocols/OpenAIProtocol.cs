using System.Buffers;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>
/// What OpenAI's endpoints share: where they are served, how errors look, and that a stream ends with <c>[DONE]</c>. An
/// endpoint whose answer has no shape for "refused because of its content" answers with the error.
/// </summary>
internal abstract class OpenAIProtocol : IProtocol
{
    public abstract string Name { get; }

    public abstract IReadOnlyList<Operation> Operations { get; }

    public virtual bool AnnouncesEnd => false;

    public Refusal Refuse(GatewayError error) => ProtocolJson.Whole(error.Status, error, WriteErrorMember);

    public Refusal RefusePrompt(AnswerFacts facts) => Refuse(GatewayError.ContentFilter);

    public virtual Refusal? AnswerInstead(string text, AnswerFacts facts) => null;

    public virtual int WriteBlocked(
        IBufferWriter<byte> output, ReadOnlySpan<byte> answer, ScannedJson scanned, IReadOnlySet<int> blocked, string? instead, AnswerFacts facts)
    {
        ProtocolJson.WriteObject(output, GatewayError.AnswerFilter, WriteErrorMember);
        return GatewayError.AnswerFilter.Status;
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => data.Trim((byte)' ').SequenceEqual("[DONE]"u8);

    public virtual EventMeaning MeaningOf(ReadOnlySpan<byte> type) => EventMeaning.None;

    public virtual void WriteCut(IBufferWriter<byte> output, StreamEnd end) =>
        ProtocolJson.WriteEvent(output, [], GatewayError.AnswerFilter, WriteErrorMember);

    public virtual void WriteStreamError(IBufferWriter<byte> output, GatewayError error, StreamEnd end) =>
        ProtocolJson.WriteEvent(output, [], error, WriteErrorMember);

    /// <summary>Everywhere an endpoint is served: OpenAI and most model servers, DashScope's compatible mode, Azure.</summary>
    protected static string[] Paths(string endpoint, params ReadOnlySpan<string> more) =>
        [$"/v1/{endpoint}", $"/compatible-mode/v1/{endpoint}", $"/openai/v1/{endpoint}", $"/openai/deployments/{{model}}/{endpoint}", .. more];

    protected static void WriteErrorMember(Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            >= 500 => error.Code.StartsWith("upstream", StringComparison.Ordinal) ? "upstream_error" : "server_error",
            _ => "invalid_request_error",
        });
        if (error.Param is null) json.WriteNull("param");
        else json.WriteString("param", error.Param);
        json.WriteString("code", error.Code);
        json.WriteEndObject();
    }
}
