using System.Buffers;

namespace Gateway.Protocols;

/// <summary>
/// Any API that speaks JSON, for routes that say <c>"Protocol": "json"</c>: every string and every name is text, in both
/// directions, whole or streamed. It claims no path of its own.
/// </summary>
internal sealed class GenericJsonProtocol : OpenAIProtocol
{
    private static readonly Operation WithBody = new("json", "*")
    {
        Request = new JsonShape(new ShapeRule("stream", FieldRule.Text, "asks for a stream") { Capture = FieldCapture.Stream }), Answer = JsonShape.Unknown, StreamEvent = JsonShape.Unknown, Streams = StreamFormats.Events | StreamFormats.Lines,
    };

    private static readonly Operation WithoutBody = WithBody with { Name = "json.read", Method = "GET", Request = null };

    public override string Name => "json";

    public override IReadOnlyList<Operation> Operations { get; } = [WithBody, WithoutBody];

    /// <summary>What a request with a method is.</summary>
    public static Operation OperationOf(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsDelete(method) || HttpMethods.IsOptions(method) ? WithoutBody : WithBody;

    public override void WriteCut(IBufferWriter<byte> output, StreamEnd end) => WriteStreamError(output, GatewayError.AnswerFilter, end);

    public override void WriteStreamError(IBufferWriter<byte> output, GatewayError error, StreamEnd end)
    {
        if (end.Facts.Format == StreamFormats.Events)
        {
            base.WriteStreamError(output, error, end);
            return;
        }

        ProtocolJson.WriteObject(output, error, WriteErrorMember);
        output.Write("\n"u8);
    }
}
