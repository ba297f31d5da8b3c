using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>SGLang: every member in every event, most of them null.</summary>
public sealed class SglangChatConformance(PlainGateway gateway, ModeGateways modes) : OpenAIChatConformance(gateway, modes)
{
    protected override string WholeTranscript => "sglang-chat.json";

    protected override string StreamTranscript => "sglang-chat.sse";
}
