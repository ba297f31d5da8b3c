using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>Azure: another path, the deployment in it, and the verdicts of its own filter around every piece.</summary>
public sealed class AzureChatConformance(PlainGateway gateway, ModeGateways modes) : OpenAIChatConformance(gateway, modes)
{
    protected override string Path => "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";

    protected override string WholeTranscript => "azure-chat.json";

    protected override string StreamTranscript => "azure-chat.sse";
}
