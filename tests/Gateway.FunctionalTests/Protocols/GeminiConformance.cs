using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>With <c>alt=sse</c>.</summary>
public class GeminiConformance(PlainGateway gateway, ModeGateways modes) : StreamConformance(gateway, modes), IClassFixture<PlainGateway>
{
    protected override string Path => "/v1beta/models/gemini-2.5-flash:generateContent";

    protected override string StreamPath => "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";

    protected override string WholeTranscript => "gemini.json";

    protected override string StreamTranscript => "gemini.sse";

    protected override JsonObject Ask(string prompt) => new()
    {
        ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = prompt }) }),
    };

    protected override JsonObject AskForStream(string prompt) => Ask(prompt);

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) =>
        (body["candidates"] as JsonArray ?? []).SelectMany(candidate => candidate!["content"]?["parts"] as JsonArray ?? []).Select(part => part!["text"]);

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream)
    {
        Assert.Equal(200, exchange.Status);
        var body = stream ? Assert.Single(Read(exchange)) : exchange.Json;
        Assert.Equal("PROHIBITED_CONTENT", (string?)body["promptFeedback"]!["blockReason"]);
        Assert.Null(body["candidates"]);
    }

    private protected override void AssertBlockedAnswer(Exchange exchange)
    {
        Assert.Equal(200, exchange.Status);
        Assert.Equal("PROHIBITED_CONTENT", (string?)exchange.Json["candidates"]![0]!["finishReason"]);
        Assert.Equal("", string.Concat(Texts(exchange.Json).Select(text => (string?)text)));
    }

    private protected override void AssertEnd(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal("PROHIBITED_CONTENT", (string?)events[^1]["candidates"]![0]!["finishReason"]);
        Assert.Equal("gemini-2.5-flash", (string?)events[^1]["modelVersion"]);
    }

    private protected override void AssertBrokenOff(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.Equal(502, (int?)events[^1]["error"]!["code"]);
        Assert.DoesNotContain("finishReason", exchange.Text, StringComparison.Ordinal);
    }
}
