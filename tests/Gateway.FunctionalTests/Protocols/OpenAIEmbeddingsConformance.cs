using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class OpenAIEmbeddingsConformance(PlainGateway gateway) : ProtocolConformance(gateway), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/embeddings";

    protected override string WholeTranscript => "openai-embeddings.json";

    protected override JsonObject Ask(string prompt) => new() { ["model"] = "m", ["input"] = new JsonArray("ok", prompt) };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => [body["note"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => AssertOpenAIError(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange) => AssertOpenAIError(exchange);
}
