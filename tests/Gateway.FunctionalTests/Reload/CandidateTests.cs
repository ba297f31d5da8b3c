using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Reload;

/// <summary>Policies to come judge live traffic in shadow, from the same findings, and what they would have done is counted and recorded.</summary>
public sealed class CandidateTests : GuardedGateway
{
    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Files = new Dictionary<string, string>
        {
            ["policies/candidate/default.json"] = """{"Tiers":{"discrim-region":{"review":"Block"},"violence-obscenity":{"block":"Label"}},"PersonalData":{"phone":"Mask"}}""",
        },
    };

    [Theory]
    [InlineData(TestLexicon.Review, 200, "label", "block")]
    [InlineData(TestLexicon.Block, 400, "block", "label")]
    public async Task Prompt_IsDealtWithByThePolicyInForce_AndTheRecordSaysWhatWouldHaveBeen(string text, int status, string action, string would)
    {
        var exchange = await ChatAsync(ChatTranscripts.Request(text), Stub.Json(ChatTranscripts.Answer("Good day.")));

        Assert.Equal(status, exchange.Status);
        var record = Assert.Single(Host.Audit.Find(exchange.Id!)).Json;
        Assert.Equal((action, would), ((string?)record["request"]!["action"], (string?)record["candidate"]!["request"]));
        Assert.True((await Host.MetricsAsync()).Sum("gateway_candidate_verdicts_total", $"action=\"{action}\"") >= 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_IsComparedToo(bool stream)
    {
        var script = stream ? Stub.Stream(ChatEvents.Of("It is ", TestLexicon.Review, " indeed.").Frames) : Stub.Json(ChatTranscripts.Answer($"It is {TestLexicon.Review} indeed."));

        var exchange = await ChatAsync(ChatTranscripts.Request("Hello", stream), script);

        Assert.Equal(200, exchange.Status);
        Assert.Contains(TestLexicon.Review, exchange.Text, StringComparison.Ordinal);
        JsonObject? record = null;
        await Eventually.TrueAsync(() => Task.FromResult((record = Host.Audit.Find(exchange.Id!).SingleOrDefault()?.Json)?["candidate"] is not null), "the record is complete");
        Assert.Equal(("allow", "block"), ((string?)record!["candidate"]!["request"], (string?)record["candidate"]!["response"]));
    }

    [Fact]
    public async Task Agreement_LeavesNoMark()
    {
        var exchange = await ChatAsync(ChatTranscripts.Request("Hello"), Stub.Json(ChatTranscripts.Answer("Good day.")));

        Assert.Null(Assert.Single(Host.Audit.Find(exchange.Id!)).Json["candidate"]);
    }
}
