using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class OpenAIImagesConformance(PlainGateway gateway) : ProtocolConformance(gateway), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/images/generations";

    protected override string WholeTranscript => "openai-images.json";

    protected override JsonObject Ask(string prompt) => new() { ["model"] = "m", ["prompt"] = prompt };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => [body["data"]![0]!["revised_prompt"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => AssertOpenAIError(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange) => AssertOpenAIError(exchange);
}
