using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Sanctions;

/// <summary>Rows 7, 8 and 9 over HTTP: who is suspended when, what never counts, and what becomes of blocked history.</summary>
public sealed class SanctionTests
{
    private static readonly string Bad = $"Tell me of {TestLexicon.Block}.";

    [Theory]
    [InlineData("bbb", 403)]
    [InlineData("bb", 200)]
    [InlineData("bbcbb", 200)]
    [InlineData("bcbcbcbcb", 403)]
    [InlineData("bcbcbcb", 200)]
    public async Task Row08_Turns_SuspendTheUserAlone(string turns, int next)
    {
        await using var gateway = await UserGateway.StartAsync();

        await gateway.PlayAsync("alice", turns);

        var exchange = await gateway.AskAsync("alice", "Good day.");
        Assert.Equal(next, exchange.Status);
        if (next == 403) UserGateway.AssertSuspended(exchange);
        Assert.Equal(200, (await gateway.AskAsync("bob", "Good day.")).Status);
        Assert.Equal(next == 403 ? 1 : 0, gateway.Host.Audit.Events("user_suspended").Count);
    }

    [Fact]
    public async Task Row09_EveryChange_IsInTheChain_WithReasonActorAndPseudonym()
    {
        await using var gateway = await UserGateway.StartAsync();

        var first = await gateway.AskAsync("alice", Bad);
        var second = await gateway.AskAsync("alice", Bad);
        var third = await gateway.AskAsync("alice", Bad);

        Assert.Equal(["warned", "limited", "suspended"], new[] { first, second, third }.Select(exchange => exchange.Headers["gateway-user-state"]));
        var events = new[] { "user_warned", "user_limited", "user_suspended" }.Select(name => Assert.Single(gateway.Host.Audit.Events(name))).ToArray();
        var subject = (string?)Assert.Single(gateway.Host.Audit.Find(third.Id!)).Json["user"];
        Assert.All(events, happened => Assert.Equal(("gateway", subject), ((string?)happened["actor"], (string?)happened["subject"])));
        Assert.Equal(["1 blocked prompts in a row", "2 blocked prompts in a row", "3 blocked prompts in a row"], events.Select(happened => (string?)happened["reason"]));
        Assert.Equal(new[] { first.Id, second.Id, third.Id }, events.Select(happened => (string?)happened["exchange"]));
        Assert.DoesNotContain("alice", string.Concat(events.Select(happened => happened.ToJsonString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row08_ResentHistory_NeverCountsAgain()
    {
        await using var gateway = await UserGateway.StartAsync();
        var history = new List<JsonNode> { ChatTranscripts.Turn("user", Bad) };
        Assert.Equal(400, (await gateway.AskAsync("alice", [.. history])).Status);

        // The client keeps the blocked turn and goes on: refused each time, counted never.
        for (var round = 0; round < 8; round++)
        {
            history.Add(ChatTranscripts.Turn("user", $"Well, what about number {round}?"));
            Refusals.AssertBlockedPrompt(await gateway.AskAsync("alice", [.. history.Select(turn => turn.DeepClone())]));
        }

        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);
        Assert.Empty(gateway.Host.Audit.Events("user_suspended"));
        Assert.Single(gateway.Host.Audit.Events("user_warned"));
    }

    [Theory]
    [InlineData("Idempotency-Key")]
    [InlineData("X-Request-Id")]
    public async Task Row08_Retry_OfTheSameRequest_CountsOnce(string header)
    {
        await using var gateway = await UserGateway.StartAsync();

        for (var round = 0; round < 6; round++) Assert.Equal(400, (await gateway.AskAsync("alice", Bad, request => request.Headers.Add(header, "attempt-1"))).Status);
        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);

        // A name that covers other texts covers nothing.
        for (var round = 0; round < 3; round++) await gateway.AskAsync("alice", $"{Bad} {round}", request => request.Headers.Add(header, "attempt-1"));
        UserGateway.AssertSuspended(await gateway.AskAsync("alice", "Good day."));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row08_FiftyAtOnce_SuspendExactlyOnce(bool shared)
    {
        RedisProcess? redis = shared ? await RedisProcess.StartAsync() : null;

        // The step before a suspension limits the user: what comes in between is to be blocked here, not answered 429.
        await using var gateway = await UserGateway.StartAsync(setup => setup with { Redis = redis?.Endpoint, Arguments = [.. setup.Arguments, "--Gateway:Sanctions:LimitedRequestsPerMinute=1000"] });

        var exchanges = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.AskAsync("alice", Bad)));

        Assert.All(exchanges, exchange => Assert.Contains(exchange.Status, (int[])[400, 403]));
        Assert.Single(gateway.Host.Audit.Events("user_suspended"));
        UserGateway.AssertSuspended(await gateway.AskAsync("alice", "Good day."));
        Assert.Equal(1, (await gateway.Host.MetricsAsync()).Sum("gateway_user_sanctions_total", "state=\"suspended\""));
        if (redis is not null) await redis.DisposeAsync();
    }

    [Fact]
    public async Task Row08_NodesThatShareARedis_CountTogether()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var one = await UserGateway.StartAsync(setup => setup with { Redis = redis.Endpoint });
        await using var other = await UserGateway.StartAsync(setup => setup with { Redis = redis.Endpoint });

        await one.PlayAsync("alice", "bb");
        Assert.Equal(400, await other.PlayAsync("alice", "b"));

        UserGateway.AssertSuspended(await one.AskAsync("alice", "Good day."));
        Assert.Equal(1, one.Host.Audit.Events("user_suspended").Count + other.Host.Audit.Events("user_suspended").Count);
    }

    [Fact]
    public async Task Row08_RedisAway_NodeCountsAlone_AndBringsItAfterwards()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var one = await UserGateway.StartAsync(setup => setup with { Redis = redis.Endpoint });
        await one.PlayAsync("carol", "bbb");
        UserGateway.AssertSuspended(await one.AskAsync("carol", "Good day."));
        await redis.StopAsync();

        // Who was suspended stays so, and counting goes on.
        UserGateway.AssertSuspended(await one.AskAsync("carol", "Good day."));
        await one.PlayAsync("alice", "bbb");
        UserGateway.AssertSuspended(await one.AskAsync("alice", "Good day."));
        Assert.Equal(200, (await one.AskAsync("bob", "Good day.")).Status);
        Assert.Equal(0, (await one.Host.MetricsAsync()).Sum("gateway_ledger_shared"));

        await redis.ResumeAsync();
        await using var other = await UserGateway.StartAsync(setup => setup with { Redis = redis.Endpoint });
        await Eventually.TrueAsync(async () => (await other.AskAsync("alice", "Good day.")).Status == 403, "the other node has heard of it");
        Assert.Equal(403, (await other.AskAsync("carol", "Good day.")).Status);
    }

    [Fact]
    public async Task Row09_Suspension_SurvivesARestart()
    {
        using var audit = new TempDirectory();
        await using (var gateway = await UserGateway.StartAsync(setup => setup with { AuditDirectory = audit["journal"] })) await gateway.PlayAsync("alice", "bbb");

        await using var again = await UserGateway.StartAsync(setup => setup with { AuditDirectory = audit["journal"] });
        UserGateway.AssertSuspended(await again.AskAsync("alice", "Good day."));
    }

    [Fact]
    public async Task WithoutASource_NobodyIsSuspended_AndAuthorizationIsNoUser()
    {
        await using var gateway = await UserGateway.StartAsync(setup => setup with { Arguments = [] });

        for (var round = 0; round < 8; round++)
            Assert.Equal(400, (await gateway.AskAsync("alice", Bad, request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer of-the-tenant"))).Status);

        Assert.Empty(gateway.Host.Audit.Events("user_suspended"));
    }

    [Fact]
    public async Task Monitoring_CountsNothing()
    {
        await using var gateway = await UserGateway.StartAsync(setup => setup with { Policy = GatewaySetup.PolicyOf(mode: "Monitor") });

        Assert.Equal(200, await gateway.PlayAsync("alice", "bbbbbb"));

        Assert.Empty(gateway.Host.Audit.Events("user_warned"));
    }

    [Fact]
    public async Task Row07_Replace_CutsTheBlockedTurnWithItsAnswer_AndTheRestGoesOn()
    {
        await using var gateway = await UserGateway.StartAsync(setup => setup with { Policy = GatewaySetup.PolicyOf(members: [("OnBlockedHistory", "replace")]) });
        var bad = ChatTranscripts.Turn("user", Bad);
        Assert.Equal(400, (await gateway.AskAsync("alice", [bad.DeepClone()])).Status);
        JsonNode[] conversation =
        [
            ChatTranscripts.Turn("system", "Be kind."), ChatTranscripts.Turn("user", "Hello"), ChatTranscripts.Turn("assistant", "Hello to you."),
            bad, ChatTranscripts.Turn("assistant", "I cannot speak of that."), ChatTranscripts.Turn("user", "Then of the weather."),
        ];

        var exchange = await gateway.AskAsync("alice", conversation);

        Assert.Equal(200, exchange.Status);
        var sent = JsonNode.Parse(gateway.Stub.Requests[^1].Body)!["messages"]!.AsArray();
        Assert.Equal(["Be kind.", "Hello", "Hello to you.", "Then of the weather."], sent.Select(turn => (string?)turn!["content"]));
        var record = Assert.Single(gateway.Host.Audit.Find(exchange.Id!)).Json;
        Assert.Contains(record["request"]!["unjudged"]!.AsArray(), part => (string?)part!["reason"] == "replaced");
        Assert.Equal("allow", (string?)record["request"]!["action"]);

        // Another user never said it: for them it is new, and refused.
        Assert.Equal(400, (await gateway.AskAsync("bob", [.. conversation.Select(turn => turn.DeepClone())])).Status);
    }

    [Fact]
    public async Task Row07_Refuse_IsTheDefault_AndNothingBlockedIsForwarded()
    {
        await using var gateway = await UserGateway.StartAsync();
        Assert.Equal(400, (await gateway.AskAsync("alice", Bad)).Status);

        Refusals.AssertBlockedPrompt(await gateway.AskAsync("alice", [ChatTranscripts.Turn("user", Bad), ChatTranscripts.Turn("assistant", "No."), ChatTranscripts.Turn("user", "Hello?")]));

        Assert.Empty(gateway.Stub.Requests);
    }

    [Theory]
    [InlineData("--Gateway:UserLimits:RequestsPerMinute=2", 2)]
    [InlineData("--Gateway:UserLimits:TokensPerDay=5", 1)]
    public async Task Limit_OfAUser_TurnsTheRestAway_CountedAndNotRecorded(string limit, int passes)
    {
        await using var gateway = await UserGateway.StartAsync(setup => setup with { Arguments = [.. setup.Arguments, limit] });

        for (var round = 0; round < passes; round++) Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);
        Exchange? turnedAway = null;
        await Eventually.TrueAsync(async () => (turnedAway = await gateway.AskAsync("alice", "Good day.")).Status == 429, "the limit is reached");

        Assert.Equal(("rate_limit_exceeded", "rate_limit_error"), ((string?)turnedAway!.Json["error"]!["code"], (string?)turnedAway.Json["error"]!["type"]));
        Assert.True(turnedAway.Headers.ContainsKey("retry-after"));
        Assert.Empty(gateway.Host.Audit.Find(turnedAway.Id!));
        Assert.True((await gateway.Host.MetricsAsync()).Sum("gateway_rejected_total", "reason=\"limit\"") >= 1);
        Assert.Equal(200, (await gateway.AskAsync("bob", "Good day.")).Status);
    }

    [Fact]
    public async Task Limit_OfExchangesAtATime_IsFreeAgainAfterwards()
    {
        await using var gateway = await UserGateway.StartAsync(setup => setup with { Arguments = [.. setup.Arguments, "--Gateway:UserLimits:Concurrency=1"] });
        var release = new TaskCompletionSource();
        var script = gateway.Stub.Script(async call =>
        {
            await release.Task;
            await call.AnswerAsync(ChatTranscripts.Answer("Good day."));
        });

        var first = gateway.AskAsync("alice", "Good day.", request => request.Headers.Add(StubModelServer.ScriptHeader, script.Id));
        await script.Called;
        var second = await gateway.AskAsync("alice", "Good day.");
        release.SetResult();

        Assert.Equal((429, "1"), (second.Status, second.Headers["retry-after"]));
        Assert.Equal(200, (await first).Status);
        await Eventually.TrueAsync(async () => (await gateway.AskAsync("alice", "Good day.")).Status == 200, "the place is free");
    }
}
