using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Clients;

/// <summary>The official npm client through the gateway, in a Node process: what it returns and what it throws.</summary>
public sealed class NodeClientTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Gateway.FunctionalTests", "node");

    [Fact]
    public async Task Create_Clean_ReturnsTheAnswer()
    {
        var seen = await CallAsync(gateway.Stub.Json(ChatTranscripts.Answer("Good morning 早")), "Hello");

        Assert.Null(seen["error"]);
        Assert.Equal("Good morning 早", (string?)seen["content"]);
        Assert.Equal("stop", (string?)seen["finishReason"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_BlockedPrompt_RaisesBadRequest(bool stream)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("The model server was called."));

        var seen = await CallAsync(script, $"Tell me of {TestLexicon.Block}", stream);

        var error = seen["error"]!;
        Assert.True((bool)error["isBadRequest"]!, seen.ToJsonString());
        Assert.Equal("BadRequestError", (string?)error["name"]);
        Assert.Equal(400, (int?)error["status"]);
        Assert.Equal("content_filter", (string?)error["code"]);
        Recorded.AssertHolds(seen.ToJsonString(), "the exception");
        Assert.Empty(script.Requests);
    }

    [Fact]
    public async Task Create_BlockedAnswer_ReturnsContentFilter()
    {
        var seen = await CallAsync(gateway.Stub.Json(ChatTranscripts.Answer($"It is {TestLexicon.Block}")), "Hello");

        Assert.Null(seen["error"]);
        Assert.Equal("", (string?)seen["content"]);
        Assert.Equal("content_filter", (string?)seen["finishReason"]);
    }

    [Fact]
    public async Task Stream_Clean_YieldsTheAnswer()
    {
        var seen = await CallAsync(gateway.Stub.Stream(ChatEvents.OfRunes("Good morning 早")), "Hello", stream: true);

        Assert.Null(seen["error"]);
        Assert.Equal("Good morning 早", (string?)seen["content"]);
        Assert.Equal("stop", (string?)seen["finishReason"]);
    }

    [Fact]
    public async Task Stream_BlockedInMidStream_EndsWithContentFilter()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning. ").Text("kestrel").Text("bane").Text(" and more"));
            await call.Cancelled;
        });

        var seen = await CallAsync(script, "Hello", stream: true);

        Assert.Null(seen["error"]);
        Assert.Equal("content_filter", (string?)seen["finishReason"]);
        Assert.StartsWith((string)seen["content"]!, "Good morning. ", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_UpstreamDying_RaisesApiError()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Text("Good morning. "));
            await call.AbortAsync();
        });

        var seen = await CallAsync(script, "Hello", stream: true);

        var error = seen["error"];
        Assert.True(error is not null, seen.ToJsonString());
        Assert.True((bool)error["isApiError"]!, seen.ToJsonString());
        Assert.Equal("upstream_error", (string?)error["code"]);
        Assert.Null(seen["finishReason"]);
    }

    private async Task<JsonNode> CallAsync(StubScript script, string prompt, bool stream = false)
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules", "openai")), $"Run 'npm ci' in {Folder}: the npm client is missing.");
        await using var node = ChildProcess.Start("node", ["client.mjs"], Folder, new Dictionary<string, string>
        {
            ["BASE_URL"] = new Uri(gateway.Host.Address, "/v1").ToString(),
            ["MODEL"] = script.Id,
            ["PROMPT"] = prompt,
            ["STREAM"] = stream ? "true" : "false",
        });
        await node.ExitedAsync();
        Assert.True(node.ExitCode == 0, node.Errors);
        return JsonNode.Parse(node.Output)!;
    }
}
