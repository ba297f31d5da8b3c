using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

public class OpenAIChatConformance(PlainGateway gateway, ModeGateways modes) : StreamConformance(gateway, modes), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/chat/completions";

    protected override string WholeTranscript => "openai-chat.json";

    protected override string StreamTranscript => "openai-chat.sse";

    protected override JsonObject Ask(string prompt) => ChatTranscripts.RequestNode([ChatTranscripts.Turn("user", prompt)]);

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) =>
        (body["choices"] as JsonArray ?? []).Select(choice => choice!["delta"]?["content"] ?? choice["message"]?["content"]);

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => Refusals.AssertBlockedPrompt(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange)
    {
        Assert.Equal(200, exchange.Status);
        Assert.Equal("content_filter", (string?)exchange.Json["choices"]![0]!["finish_reason"]);
        Assert.Equal("", (string?)exchange.Json["choices"]![0]!["message"]!["content"]);
    }

    private protected override void AssertEnd(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal("content_filter", (string?)events[^1]["choices"]![0]!["finish_reason"]);
        Assert.EndsWith("data: [DONE]\n\n", exchange.Text, StringComparison.Ordinal);
    }

    private protected override void AssertBrokenOff(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal("upstream_error", (string?)events[^1]["error"]!["code"]);
        Assert.DoesNotContain("[DONE]", exchange.Text, StringComparison.Ordinal);
    }
}
