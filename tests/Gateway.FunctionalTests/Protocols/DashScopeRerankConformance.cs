using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>Rerank as DashScope's compatible mode has it.</summary>
public sealed class DashScopeRerankConformance(PlainGateway gateway) : RerankConformance(gateway)
{
    protected override string Path => "/compatible-api/v1/reranks";

    protected override string WholeTranscript => "rerank-dashscope.json";
}
