using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public class RerankConformance(PlainGateway gateway) : ProtocolConformance(gateway), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/rerank";

    protected override string WholeTranscript => "rerank.json";

    protected override JsonObject Ask(string prompt) => new() { ["model"] = "m", ["query"] = "q", ["documents"] = new JsonArray("one", prompt) };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => [body["results"]![0]!["document"]!["text"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => AssertOpenAIError(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange) => AssertOpenAIError(exchange);
}
