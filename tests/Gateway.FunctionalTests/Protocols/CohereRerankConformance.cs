using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>Rerank in Cohere's second version.</summary>
public sealed class CohereRerankConformance(PlainGateway gateway) : RerankConformance(gateway)
{
    protected override string Path => "/v2/rerank";

    protected override string WholeTranscript => "rerank-cohere.json";
}
