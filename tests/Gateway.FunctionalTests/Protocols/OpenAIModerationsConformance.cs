using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class OpenAIModerationsConformance(PlainGateway gateway) : ProtocolConformance(gateway), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/moderations";

    protected override string WholeTranscript => "openai-moderations.json";

    protected override JsonObject Ask(string prompt) => new() { ["model"] = "m", ["input"] = prompt };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => [body["note"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => AssertOpenAIError(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange) => AssertOpenAIError(exchange);
}
