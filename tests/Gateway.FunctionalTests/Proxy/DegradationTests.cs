using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Row 41: with the classifier down, routes of high risk close, the others go on with keywords alone, and every record says so.</summary>
public sealed class DegradationTests : GuardedGateway
{
    private const string Phone = "13800138000";
    private const string RouteHeader = "X-Route";
    private const string High = "high";
    private const string Casual = "casual";

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Policy = GatewaySetup.PolicyOf(members: [("Label", new JsonObject { ["Risk"] = true, ["AIGC"] = false }), ("PersonalData", new JsonObject { ["phone"] = "Mask" })]),
        Files = new Dictionary<string, string> { ["policies/casual.json"] = """{"Extends":"default","OnFault":"Allow"}""" },
        Upstream = GatewaySetup.NoUpstream,
        Arguments =
        [
            // Nobody listens there.
            $"--Gateway:HttpClassifier:Url=http://127.0.0.1:{FreePort.Next()}/v1/moderations",
            .. Route(High, "default"), .. Route(Casual, "casual"),
            $"--ReverseProxy:Clusters:models:Destinations:one:Address={setup.Upstream}",
        ],
    };

    [Theory]
    [InlineData("Good day.", 503, 200, Actions.Allow)]
    [InlineData("Tell me of kestrelbane.", 400, 400, Actions.Block)]
    [InlineData("It is a vagueterm.", 503, 200, Actions.Label)]
    [InlineData("It is a vagueterm, a 疑似词语.", 400, 400, Actions.Block)]
    public async Task Row41_Prompts_CloseOnHighRisk_AndAreJudgedByKeywordsElsewhere(string prompt, int high, int casual, string action)
    {
        var script = Stub.Json(ChatTranscripts.Answer("Good day."));

        var closed = await AskAsync(High, ChatTranscripts.Request(prompt), script);
        var open = await AskAsync(Casual, ChatTranscripts.Request(prompt), script);

        Assert.Equal((high, casual), (closed.Status, open.Status));
        Assert.Equal(action, open.Action);
        Assert.Equal(casual == 200 ? 1 : 0, script.Requests.Count);
        if (high == 503) Assert.Equal("inspection_unavailable", (string?)closed.Json["error"]!["code"]);

        // Where the classifier was asked and did not answer the record says so; what keywords block never gets to it.
        Assert.All(new[] { closed, open }, exchange => Assert.Equal(action != Actions.Block, IsMarked(exchange, "request")));
    }

    [Fact]
    public async Task Row41_Answers_OfOpenRoutes_AreStillMaskedAndCutByKeywords()
    {
        var masked = await AskAsync(Casual, ChatTranscripts.Request("Good day."), Stub.Json(ChatTranscripts.Answer($"Call {Phone}.")));
        var blocked = await AskAsync(Casual, ChatTranscripts.Request("Good day."), Stub.Json(ChatTranscripts.Answer($"It is {TestLexicon.Block}.")));
        var cut = await AskAsync(Casual, ChatTranscripts.Request("Good day.", stream: true), Stub.Stream(ChatEvents.Of("It is ", TestLexicon.Block, " so.")));

        Assert.Equal((200, Actions.Mask), (masked.Status, masked.Action));
        Assert.DoesNotContain(Phone, masked.Text, StringComparison.Ordinal);
        foreach (var exchange in new[] { blocked, cut })
        {
            Assert.DoesNotContain(TestLexicon.Block, exchange.Text, StringComparison.Ordinal);
            Assert.Contains("content_filter", exchange.Text, StringComparison.Ordinal);
        }

        Assert.True(IsMarked(masked, "response"));
    }

    private Task<Exchange> AskAsync(string route, byte[] prompt, StubScript script) => ChatAsync(prompt, script, request => request.Headers.Add(RouteHeader, route));

    private bool IsMarked(Exchange exchange, string direction) =>
        Assert.Single(Host.Audit.Find(exchange.Id!)).Json[direction]?["unjudged"]?.AsArray().Any(part => (string?)part!["reason"] == "fault") == true;

    private static string[] Route(string name, string policy) =>
    [
        $"--ReverseProxy:Routes:{name}:ClusterId=models", $"--ReverseProxy:Routes:{name}:Match:Path={{**path}}", $"--ReverseProxy:Routes:{name}:Match:Headers:0:Name={RouteHeader}", $"--ReverseProxy:Routes:{name}:Match:Headers:0:Values:0={name}",
        $"--ReverseProxy:Routes:{name}:Metadata:Policy={policy}",
    ];
}
