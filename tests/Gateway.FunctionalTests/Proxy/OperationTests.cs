using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Health, readiness and metrics.</summary>
// Metrics are the process's: they count this gateway alone only while no other runs.
[Collection(OneAtATime.Name)]
public sealed class OperationTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    public async Task Health_OnBothListeners_IsFine(string path)
    {
        var records = gateway.Host.Audit.Read().Count;
        foreach (var client in new[] { gateway.Host.Client, gateway.Host.Admin })
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(200, (int)answer.StatusCode);
        }

        Assert.Equal(records, gateway.Host.Audit.Read().Count);
    }

    [Fact]
    public async Task Admin_ServesNoTraffic()
    {
        var upstream = gateway.Stub.Requests.Count;
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request(TestLexicon.Block), null);
        using var answer = await gateway.Host.Admin.SendAsync(request);

        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Fact]
    public async Task Case_74_Metrics_CountWhatHappened()
    {
        var before = await gateway.Host.MetricsAsync();

        await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.Block));
        await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.Of("Good ", TestLexicon.Block)));
        await gateway.SendAsync(HttpMethod.Post, "/nowhere", ChatTranscripts.Request("Hello"));

        // An exchange is counted when it has ended, which is after its last byte has arrived here.
        var after = before;
        double Grown(string name, params string[] labels) => after.Sum(name, labels) - before.Sum(name, labels);
        await Eventually.TrueAsync(async () =>
        {
            after = await gateway.Host.MetricsAsync();
            return Grown("gateway_exchanges_total") >= 4 && after.Sum("gateway_exchanges_running") == 0;
        }, "all exchanges have ended");
        Assert.Equal(1, Grown("gateway_exchanges_total", "action=\"allow\"", "outcome=\"completed\""));
        Assert.Equal(2, Grown("gateway_exchanges_total", "action=\"block\"", "outcome=\"blocked\""));
        Assert.Equal(1, Grown("gateway_verdicts_total", "direction=\"request\"", "action=\"block\"") + Grown("gateway_verdicts_total", "direction=\"prompt\"", "action=\"block\""));
        Assert.Equal(2, Grown("gateway_detections_total", $"risk=\"{TestLexicon.BlockRisk}\""));
        Assert.Equal(8, Grown("gateway_audit_entries_total", "kind=\"open\"") + Grown("gateway_audit_entries_total", "kind=\"close\""));
        Assert.True(Grown("gateway_added_latency_seconds_count") > 0);
        Assert.Equal(1, after.Sum("gateway_ready"));
        Assert.Equal(0, after.Sum("gateway_exchanges_running"));
        Assert.Equal(1, after.Sum("gateway_epoch_info"));
        Assert.Equal(5, after.Sum("gateway_lexicon_terms", "tier=\"block\""));
    }

    [Theory]
    [InlineData("gateway_exchanges_total")]
    [InlineData("gateway_verdicts_total")]
    [InlineData("gateway_added_latency_seconds_bucket")]
    [InlineData("gateway_exchanges_running")]
    [InlineData("gateway_audit_entries_total")]
    [InlineData("gateway_audit_queue_length")]
    [InlineData("gateway_audit_commit_seconds_bucket")]
    [InlineData("gateway_ready")]
    [InlineData("gateway_label_producer_missing")]
    [InlineData("gateway_epoch_info")]
    [InlineData("gateway_lexicon_terms")]
    public async Task Metric_OfTheContract_Exists(string name)
    {
        await gateway.ChatAsync(ChatTranscripts.Request("Hello"));

        Assert.True((await gateway.Host.MetricsAsync()).Has(name), $"No sample of {name}.");
    }

    [Fact]
    public async Task Logs_OfBlockedExchanges_AreWrittenWithoutTheText()
    {
        await gateway.ChatAsync(ChatTranscripts.Request($"A {TestLexicon.Block} prompt"));
        await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer($"A {TestLexicon.Block} answer")));

        await Eventually.TrueAsync(() => gateway.Host.Logs.Length > 0, "something is logged at all");
        Recorded.AssertHolds(gateway.Host.Logs, "a log line");
        Assert.All(gateway.Host.Logs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith('{')),
            line => Assert.NotNull(System.Text.Json.Nodes.JsonNode.Parse(line)));
    }
}
