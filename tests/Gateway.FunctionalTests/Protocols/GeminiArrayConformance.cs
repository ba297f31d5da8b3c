using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>Streamed as one JSON array.</summary>
public sealed class GeminiArrayConformance(PlainGateway gateway, ModeGateways modes) : GeminiConformance(gateway, modes)
{
    protected override string StreamPath => "/v1beta/models/gemini-2.5-flash:streamGenerateContent";

    protected override string StreamTranscript => "gemini.array";
}
