using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class AnthropicConformance(PlainGateway gateway, ModeGateways modes) : StreamConformance(gateway, modes), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/messages";

    protected override string WholeTranscript => "anthropic.json";

    protected override string StreamTranscript => "anthropic.sse";

    protected override JsonObject Ask(string prompt) => new()
    {
        ["model"] = "m", ["max_tokens"] = 100, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
    };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => (body["content"] as JsonArray ?? []).Select(block => block!["text"]);

    protected override IEnumerable<JsonNode?> Deltas(JsonNode data) => [data["delta"]?["text"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream)
    {
        Assert.Equal(400, exchange.Status);
        Assert.Equal(["type", "error"], exchange.Json.Select(member => member.Key));
        Assert.Equal("error", (string?)exchange.Json["type"]);
        Assert.Equal("invalid_request_error", (string?)exchange.Json["error"]!["type"]);
        Assert.NotEmpty((string)exchange.Json["error"]!["message"]!);
    }

    private protected override void AssertBlockedAnswer(Exchange exchange)
    {
        Assert.Equal(200, exchange.Status);
        Assert.Equal("refusal", (string?)exchange.Json["stop_reason"]);
        Assert.Empty(exchange.Json["content"]!.AsArray());
    }

    private protected override void AssertEnd(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], events.TakeLast(3).Select(item => (string?)item["type"]));
        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], exchange.Events.Events.TakeLast(3).Select(item => item.Type));
        Assert.Equal("refusal", (string?)events[^2]["delta"]!["stop_reason"]);
    }

    private protected override void AssertBrokenOff(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal("error", (string?)events[^1]["type"]);
        Assert.Equal("api_error", (string?)events[^1]["error"]!["type"]);
        Assert.DoesNotContain("message_stop", exchange.Text, StringComparison.Ordinal);
    }
}
