using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>vLLM: thoughts beside the answer, usage in every event.</summary>
public sealed class VllmChatConformance(PlainGateway gateway, ModeGateways modes) : OpenAIChatConformance(gateway, modes)
{
    protected override string WholeTranscript => "vllm-chat.json";

    protected override string StreamTranscript => "vllm-chat.sse";
}
