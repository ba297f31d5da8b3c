using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>A classifier that is overloaded, too slow or answers nonsense: policy decides, and nothing is ever recorded as clean that was not judged.</summary>
[Collection(OneAtATime.Name)]
public sealed class ClassifierFaultTests : IDisposable
{
    private const string Broken = "nonnumber";
    private const string Key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";

    private readonly TempDirectory _models = new();

    public ClassifierFaultTests() => WordPieceModel.Write(_models["m"], "own", new Dictionary<string, float[]> { [Broken] = [float.NaN, float.NaN] });

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData("Block", 503)]
    [InlineData("Allow", 200)]
    public async Task Overload_IsShedAsPolicySays(string onFault, int status)
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, onFault, "--Gateway:Classifier:Workers=1", "--Gateway:Classifier:QueueCapacity=1");
        var turns = Enumerable.Range(0, 40).Select(i => ChatTranscripts.Turn("user", JsonValue.Create($"{i} {string.Concat(Enumerable.Repeat("some words ", 4000))}")!)).ToArray();

        var exchange = await AskAsync(host, ChatTranscripts.Request(turns));

        Assert.Equal(status, exchange.Status);
        await AssertFaultAsync(host, exchange, "queue_full");
        Assert.Equal(200, (await AskAsync(host, ChatTranscripts.Request("Good day"))).Status);
    }

    [Theory]
    [InlineData("Block", 503)]
    [InlineData("Allow", 200)]
    public async Task TimeBudget_EndsAsPolicySays(string onFault, int status)
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, onFault, "--Gateway:Classifier:BudgetMilliseconds=1");

        var exchange = await AskAsync(host, ChatTranscripts.Request(string.Concat(Enumerable.Repeat("some words ", 100_000))));

        Assert.Equal(status, exchange.Status);
        await AssertFaultAsync(host, exchange, "timeout");
    }

    [Theory]
    [InlineData("Block", 503)]
    [InlineData("Allow", 200)]
    public async Task NotANumber_IsAFaultAndNeverClean(string onFault, int status)
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, onFault);

        var exchange = await AskAsync(host, ChatTranscripts.Request($"A {Broken} here"));

        Assert.Equal(status, exchange.Status);
        await AssertFaultAsync(host, exchange, "bad_output");
        Assert.Equal(200, (await AskAsync(host, ChatTranscripts.Request("Good day"))).Status);
    }

    [Fact]
    public async Task FaultThatPolicyForgives_TakesNothingBackThatKeywordsFound()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, "Allow");

        var blocked = await AskAsync(host, ChatTranscripts.Request($"A {Broken} here, {TestLexicon.Review} and {TestLexicon.OtherReview}"));
        var masked = await AskAsync(host, ChatTranscripts.Request("Hello"), stub.Json(ChatTranscripts.Answer($"The {Broken} is {Key}.")));

        Refusals.AssertBlockedPrompt(blocked);
        Assert.Equal(200, masked.Status);
        Assert.Contains("[masked:api-key]", masked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, masked.Text, StringComparison.Ordinal);
        Assert.Equal("mask", Assert.Single(host.Audit.Find(masked.Id!)).ResponseAction);
    }

    [Fact]
    public async Task Shadow_IsComparedAndDecidesNothing()
    {
        WordPieceModel.Write(_models["serving"], "serving", "alderwisp");
        WordPieceModel.Write(_models["second"], "second", "bramblecroft");
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Classifier = true,
            Arguments = [$"--model={_models["serving"]}", $"--Gateway:Classifier:Shadow={_models["second"]}", "--Gateway:Classifier:ShadowWaitMilliseconds=30000", "--Gateway:Reload:PollSeconds=0.05"],
        });
        var epoch = await LineAsync(host, "gateway_epoch_info{");

        var flagged = await AskAsync(host, ChatTranscripts.Request("What is bramblecroft?"));
        var blocked = await AskAsync(host, ChatTranscripts.Request("What is alderwisp?"));
        await Eventually.TrueAsync(async () => (await host.MetricsAsync()).Sum("gateway_classifier_shadow_total", "result=\"serving_only\"") == 1, "both have been compared");

        Assert.Equal((200, 400), (flagged.Status, blocked.Status));
        Assert.Equal(1, (await host.MetricsAsync()).Sum("gateway_classifier_shadow_total", "result=\"shadow_only\""));
        var record = Assert.Single(host.Audit.Find(flagged.Id!));
        Assert.Equal(WordPieceModel.VersionOf(_models["serving"]), (string?)record.Json["modelVersion"]);
        Assert.Empty(record.RequestDetections);

        // The record says what the shadow said, and that it would have decided otherwise; the answer both models let pass.
        var said = record.Json["shadow"]!;
        Assert.Equal(WordPieceModel.VersionOf(_models["second"]), (string?)said["model"]);
        Assert.Equal(("block", true, 1), ((string?)said["request"]!["action"], (bool?)said["request"]!["differs"], (int?)said["request"]!["texts"]));
        Assert.InRange((double)said["request"]!["scores"]!["any"]!, 0.9, 1);
        Assert.Equal(("allow", null), ((string?)said["response"]!["action"], (bool?)said["response"]!["differs"]));
        var passed = Assert.Single(host.Audit.Find(blocked.Id!)).Json["shadow"]!;
        Assert.Equal(("allow", true, null), ((string?)passed["request"]!["action"], (bool?)passed["request"]!["differs"], passed["response"]));

        // A stream, text by text.
        var stream = await AskAsync(host, ChatTranscripts.Request("What is it?", stream: true), stub.Stream(ChatEvents.Of("Well then. ", "It is bramblecroft. ").Frames));
        System.Text.Json.Nodes.JsonNode? streamed = null;
        await Eventually.TrueAsync(() => Task.FromResult((streamed = host.Audit.Find(stream.Id!).SingleOrDefault()?.Json["shadow"]?["response"]) is not null), "the stream is recorded");
        Assert.Equal(("block", true), ((string?)streamed!["action"], (bool?)streamed["differs"]));
        Assert.True((int)streamed["texts"]! >= 2, streamed.ToJsonString());
        var metrics = await host.MetricsAsync();
        Assert.Equal(1, metrics.Sum("gateway_shadow_verdicts_total", "direction=\"request\"", "action=\"block\"", "shadow=\"allow\""));
        Assert.Equal(1, metrics.Sum("gateway_shadow_verdicts_total", "direction=\"response\"", "action=\"allow\"", "shadow=\"block\""));
        Assert.Contains($"shadow=\"{WordPieceModel.VersionOf(_models["second"])}\"", epoch, StringComparison.Ordinal);

        // Another shadow is taken up like another model, and changes no verdict and no epoch.
        WordPieceModel.Write(_models["second"], "third", "cinderfen");
        var expected = $"shadow=\"{WordPieceModel.VersionOf(_models["second"])}\"";
        await Eventually.TrueAsync(async () => (await LineAsync(host, "gateway_epoch_info{")).Contains(expected, StringComparison.Ordinal), "the new shadow is in place");
        Assert.Equal(epoch.Split("shadow=")[0], (await LineAsync(host, "gateway_epoch_info{")).Split("shadow=")[0]);
        await Eventually.TrueAsync(async () => (await host.MetricsAsync()).Sum("gateway_classifier_models") == 2, "the old pair is freed");
    }

    private Task<GatewayTestHost> StartAsync(StubModelServer stub, string onFault, params string[] arguments) => GatewayTestHost.StartAsync(new GatewaySetup
    {
        Upstream = stub.Address,
        Classifier = true,
        Policy = GatewaySetup.PolicyOf(members: [("OnFault", onFault), ("PersonalData", new JsonObject { ["api-key"] = "Mask" })]),
        Arguments = [$"--model={_models["m"]}", .. arguments],
    });

    private static async Task<Exchange> AskAsync(GatewayTestHost host, byte[] body, StubScript? script = null)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, body, script?.Id);
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }

    private static async Task AssertFaultAsync(GatewayTestHost host, Exchange exchange, string reason)
    {
        if (exchange.Status == 503) Refusals.AssertError(exchange, code: "inspection_unavailable");
        var record = Assert.Single(host.Audit.Find(exchange.Id!));
        Assert.Equal(exchange.Status == 503 ? "failed" : "completed", record.Outcome);
        Assert.Contains("\"reason\":\"fault\"", record.Json["request"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.True((await host.MetricsAsync()).Sum("gateway_classifier_faults_total", $"reason=\"{reason}\"") >= 1);
    }

    private static async Task<string> LineAsync(GatewayTestHost host, string start) =>
        (await host.MetricsAsync()).Text.Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal));
}
