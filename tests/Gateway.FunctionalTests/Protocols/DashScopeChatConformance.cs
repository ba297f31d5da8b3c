using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>DashScope's compatible mode.</summary>
public sealed class DashScopeChatConformance(PlainGateway gateway, ModeGateways modes) : OpenAIChatConformance(gateway, modes)
{
    protected override string Path => "/compatible-mode/v1/chat/completions";

    protected override string WholeTranscript => "dashscope-chat.json";

    protected override string StreamTranscript => "dashscope-chat.sse";
}
