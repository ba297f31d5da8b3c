using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;

namespace Gateway.FunctionalTests.Protocols;

public sealed class OllamaGenerateConformance(PlainGateway gateway, ModeGateways modes) : StreamConformance(gateway, modes), IClassFixture<PlainGateway>
{
    protected override string Path => "/api/generate";

    protected override string WholeTranscript => "ollama-generate.json";

    protected override string StreamTranscript => "ollama-generate.ndjson";

    protected override JsonObject Ask(string prompt) => new()
    {
        ["model"] = "m", ["stream"] = false, ["prompt"] = prompt,
    };

    /// <summary>Ollama streams unless told otherwise.</summary>
    protected override JsonObject AskForStream(string prompt)
    {
        var request = Ask(prompt);
        request.Remove("stream");
        return request;
    }

    protected override IEnumerable<JsonNode?> Texts(JsonNode body) => [body["response"]];

    private protected override void AssertRefusedPrompt(Exchange exchange, bool stream)
    {
        Assert.Equal(400, exchange.Status);
        var member = Assert.Single(exchange.Json);
        Assert.Equal("error", member.Key);
        Assert.NotEmpty((string)member.Value!);
    }

    private protected override void AssertBlockedAnswer(Exchange exchange)
    {
        Assert.Equal(200, exchange.Status);
        AssertDone(exchange.Json);
    }

    private protected override void AssertEnd(IReadOnlyList<JsonNode> events, Exchange exchange) => AssertDone(events[^1]);

    private protected override void AssertBrokenOff(IReadOnlyList<JsonNode> events, Exchange exchange)
    {
        Assert.NotNull(events[^1]["error"]);
        Assert.DoesNotContain(events, item => (bool?)item["done"] == true);
    }

    private void AssertDone(JsonNode last)
    {
        Assert.True((bool?)last["done"]);
        Assert.Equal("content_filter", (string?)last["done_reason"]);
        Assert.Equal("", (string?)Texts(last).Single());
        Assert.Equal("qwen3:8b", (string?)last["model"]);
        Assert.True(DateTimeOffset.TryParse((string?)last["created_at"], System.Globalization.CultureInfo.InvariantCulture, out _));
    }
}
