using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class OpenAIResponsesConformance(PlainGateway gateway, ModeGateways modes) : StreamConformance(gateway, modes), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1/responses";

    protected override string WholeTranscript => "openai-responses.json";

    protected override string StreamTranscript => "openai-responses.sse";

    protected override JsonObject Ask(string prompt) => new() { ["model"] = "m", ["input"] = prompt };

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => (body["output"] as JsonArray ?? []).Select(item => item!["content"]?[0]?["text"]);

    protected override IEnumerable<JsonNode?> Deltas(JsonNode data) => [data["delta"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream) => Refusals.AssertBlockedPrompt(exchange);

    private protected override void AssertBlockedAnswer(Exchange exchange)
    {
        Assert.Equal(200, exchange.Status);
        AssertIncomplete(exchange.Json);
    }

    private protected override void AssertEnd(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal("response.incomplete", (string?)events[^1]["type"]);
        Assert.Equal((int)events[^2]["sequence_number"]! + 1, (int)events[^1]["sequence_number"]!);
        Assert.Equal("resp_68a1", (string?)events[^1]["response"]!["id"]);
        AssertIncomplete(events[^1]["response"]!);
        Assert.Equal("response.incomplete", exchange.Events.Events[^1].Type);
    }

    private protected override void AssertBrokenOff(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal("error", (string?)events[^1]["type"]);
        Assert.Equal("upstream_error", (string?)events[^1]["code"]);
    }

    private static void AssertIncomplete(JsonNode response)
    {
        Assert.Equal("incomplete", (string?)response["status"]);
        Assert.Equal("content_filter", (string?)response["incomplete_details"]!["reason"]);
        Assert.Empty(response["output"]!.AsArray());
    }
}
