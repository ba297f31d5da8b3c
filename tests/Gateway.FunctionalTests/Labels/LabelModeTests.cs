using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.FunctionalTests.Tenants;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Labels;

/// <summary>Row 16: what a user copies, downloads or exports is the text; whose interface cannot label it has the notice in the text.</summary>
public sealed class LabelModeTests : GuardedGateway
{
    private const string Answer = "The harbour opens at seven.";
    private const string Notice = "\uFF08\u672C\u5185\u5BB9\u7531AI\u751F\u6210\uFF09";

    protected override GatewaySetup Configure(GatewaySetup setup) => setup with
    {
        Policy = GatewaySetup.PolicyOf(members: ("Label", new JsonObject { ["Risk"] = false, ["Text"] = Notice })),
        Files = new Dictionary<string, string>
        {
            ["policies/before.json"] = """{"Label":{"Mode":"prefix"}}""",
            ["policies/behind.json"] = """{"Label":{"Mode":"suffix"}}""",
        },
        Tenants = new JsonObject
        {
            ["own-interface"] = TenantFile.Tenant(("Keys", TenantFile.Keys(TenantFile.Key("envelope")))),
            ["terminal"] = TenantFile.Tenant(("Policy", "before"), ("Keys", TenantFile.Keys(TenantFile.Key("prefix")))),
            ["mailer"] = TenantFile.Tenant(("Policy", "behind"), ("Keys", TenantFile.Keys(TenantFile.Key("suffix")))),
        },
        Arguments = ["--Gateway:Label:Producer=TESTPRODUCER"],
    };

    [Theory]
    [InlineData("envelope", Answer, null)]
    [InlineData("prefix", Notice + "\n\n" + Answer, "prefix")]
    [InlineData("suffix", Answer + "\n\n" + Notice, "suffix")]
    public async Task Row16_Text_HoldsTheNoticeWhereTheTenantsInterfaceCannot_AndTheEnvelopeAlwaysSaysIt(string key, string copied, string? recorded)
    {
        var whole = await AskAsync(key, false, Stub.Json(ChatTranscripts.Answer(Answer)));
        var streamed = await AskAsync(key, true, Stub.Stream(ChatEvents.Of("The harbour ", "opens at ", "seven.")));

        Assert.Equal(copied, (string?)whole.Json["choices"]![0]!["message"]!["content"]);
        Assert.Equal(copied, streamed.Events.Text());
        foreach (var (exchange, bodies) in new[] { (whole, new[] { whole.Json }), (streamed, [.. streamed.Events.Chunks]) })
        {
            var label = Assert.Single(bodies, body => body.ContainsKey("AIGC"))["AIGC"]!;
            Assert.Equal(("1", exchange.Id), ((string?)label["Label"], (string?)label["ProduceID"]));
            Assert.Equal(label.ToJsonString(ChatTranscripts.Relaxed), exchange.Headers["gateway-aigc"]);
            Assert.Equal(recorded, (string?)(await RecordAsync(exchange, Outcomes.Completed)).Json["label"]!["text"]);
        }
    }

    private Task<Exchange> AskAsync(string key, bool isStream, StubScript script) => ChatAsync(
        ChatTranscripts.Request("When does the harbour open?", isStream), script, request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + TenantFile.KeyOf(key)));
}
