using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class VllmConformance(PlainGateway gateway) : ProtocolConformance(gateway), IClassFixture<PlainGateway>
{
    protected override string Path => "/tokenize";

    protected override string WholeTranscript => "vllm-tokenize.json";

    protected override JsonObject Ask(string prompt) => new() { ["model"] = "m", ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }) };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => [body["note"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => AssertOpenAIError(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange) => AssertOpenAIError(exchange);
}
