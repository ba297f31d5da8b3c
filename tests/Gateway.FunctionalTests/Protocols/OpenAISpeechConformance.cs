using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class OpenAISpeechConformance(PlainGateway gateway) : ProtocolConformance(gateway), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/audio/speech";

    protected override string WholeTranscript => "openai-audio.json";

    protected override JsonObject Ask(string prompt) => new() { ["model"] = "m", ["voice"] = "alloy", ["input"] = prompt };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => [body["text"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => AssertOpenAIError(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange) => AssertOpenAIError(exchange);
}
