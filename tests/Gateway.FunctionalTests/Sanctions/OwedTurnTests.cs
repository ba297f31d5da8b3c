using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.FunctionalTests.Processes;
using Gateway.Sanctions;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Sanctions;

/// <summary>Row 8 with Redis away: what a node counts alone is owed turn for turn, each turn counts once, and nothing overtakes.</summary>
// Gauges of all gateways of a process are on the page of each: nothing may run beside these.
[Collection(OneAtATime.Name)]
public sealed class OwedTurnTests
{
    [Fact]
    public async Task Row08_TurnsCountedAlone_AddUpWithThoseOfOtherNodes_AndTheChangeIsRecordedThen()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var one = await StartAsync(redis);
        await using var other = await StartAsync(redis);
        await other.PlayAsync("alice", "b");
        await redis.StopAsync();

        // This node has never seen alice: alone it comes to a warning, and says so.
        await one.PlayAsync("alice", "b");
        Assert.Equal("user_warned", Assert.Single(Changes(one)).Event);
        await redis.ResumeAsync();

        // Both turns together limit her. No turn came after: the change is recorded when Redis is back.
        var limited = await Eventually.SomeAsync(() => Changes(one).LastOrDefault(change => change.Event == "user_limited").Entry, "the owed turn was brought");
        Assert.Equal(("gateway", "2 blocked prompts in a row"), ((string?)limited["actor"], (string?)limited["reason"]));
        Assert.StartsWith("u_", (string?)limited["subject"], StringComparison.Ordinal);
        Assert.NotNull((string?)limited["exchange"]);
        await PaidAsync(one);
        Assert.Equal(400, await other.PlayAsync("alice", "b"));
        UserGateway.AssertSuspended(await one.AskAsync("alice", "Good day."));
        Assert.Equal(["user_warned", "user_limited"], Changes(one).Select(change => change.Event));
        Assert.Equal(["user_warned", "user_suspended"], Changes(other).Select(change => change.Event));
    }

    [Fact]
    public async Task Row08_CleanTurnsInBetween_AreOwedToo()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var one = await StartAsync(redis);
        await redis.StopAsync();
        await one.PlayAsync("alice", "bbcbb");
        Assert.Equal(5, (await one.Host.MetricsAsync()).Sum("gateway_ledger_owed"));
        await redis.ResumeAsync();
        await PaidAsync(one);

        // 2 in a row and 4 today: a clean turn stood in between.
        await using var other = await StartAsync(redis);
        Assert.Equal(200, (await other.AskAsync("alice", "Good day.")).Status);
        Assert.DoesNotContain(Changes(one), change => change.Event == "user_suspended");
        Assert.Equal(400, await other.PlayAsync("alice", "b"));
        UserGateway.AssertSuspended(await one.AskAsync("alice", "Good day."));
        Assert.Equal("5 blocked prompts in a day", (string?)Assert.Single(other.Host.Audit.Events("user_suspended"))["reason"]);
    }

    [Fact]
    public async Task TokensUsedWhileRedisIsAway_CountOnceItIsBack()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var one = await StartAsync(redis, null, "--Gateway:UserLimits:TokensPerDay=5");
        await redis.StopAsync();
        await one.PlayAsync("alice", "c");
        Assert.True((await one.Host.MetricsAsync()).Sum("gateway_ledger_owed_tokens") > 5);
        await redis.ResumeAsync();
        await Eventually.TrueAsync(async () => (await one.Host.MetricsAsync()).Sum("gateway_ledger_owed_tokens") == 0, "the tokens were brought");

        await using var other = await StartAsync(redis, null, "--Gateway:UserLimits:TokensPerDay=5");
        Assert.Equal(429, (await other.AskAsync("alice", "Good day.")).Status);
        Assert.Equal(200, (await other.AskAsync("bob", "Good day.")).Status);
    }

    [Fact]
    public async Task Row08_BroughtTwice_CountsOnce_AndHearsAgainWhatItDid()
    {
        await using var redis = await RedisProcess.StartAsync();
        using var connection = new LedgerConnection(redis.Endpoint, TimeProvider.System);
        await connection.ConnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => connection.IsUp, "Redis is connected");
        var shared = new RedisLedger(connection, new SanctionOptions());
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var turns = Enumerable.Range(0, 3).Select(i => new BlockedTurn("t", "u", $"e{i}", null, [$"turn {i}"], now)).ToArray();

        var first = new List<(UserState, bool)>();
        foreach (var turn in turns) first.Add(Outcome(await shared.BlockedAsync(turn, now)));
        var again = new List<(UserState, bool)>();
        foreach (var turn in turns) again.Add(Outcome(await shared.BlockedAsync(turn, now + 1000)));

        Assert.Equal([(UserState.Warned, true), (UserState.Limited, true), (UserState.Suspended, true)], first);
        Assert.Equal(first, again);
        Assert.Equal(1, (await shared.ShowAsync("t", "u", now)).Suspensions);

        static (UserState, bool) Outcome((Standing Standing, bool IsChanged) answer) => (answer.Standing.State, answer.IsChanged);
    }

    [Fact]
    public async Task Row08_ATurnOfYesterday_IsNotOneOfToday()
    {
        await using var redis = await RedisProcess.StartAsync();
        using var connection = new LedgerConnection(redis.Endpoint, TimeProvider.System);
        await connection.ConnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => connection.IsUp, "Redis is connected");
        var shared = new RedisLedger(connection, new SanctionOptions());
        var midnight = Ladder.EndOfDay(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

        var (standing, isChanged) = await shared.BlockedAsync(new BlockedTurn("t", "u", "e1", null, ["turn"], midnight - 1000), midnight + 1000);

        // It counts in a row; the warning would have ended with its day.
        Assert.Equal((1, 0, UserState.None, false), (standing.InRow, standing.Today, standing.State, isChanged));
    }

    [Fact]
    public async Task Row08_ANodeThatRestartsMeanwhile_StillBringsWhomItShutOut()
    {
        using var files = new TempDirectory();
        await using var redis = await RedisProcess.StartAsync();
        await using (var one = await StartAsync(redis, files["audit"]))
        {
            await redis.StopAsync();
            await one.PlayAsync("alice", "bbb");
        }

        await redis.ResumeAsync();
        await using var again = await StartAsync(redis, files["audit"]);
        UserGateway.AssertSuspended(await again.AskAsync("alice", "Good day."));
        await using var other = await StartAsync(redis);
        await Eventually.TrueAsync(async () => (await other.AskAsync("alice", "Good day.")).Status == 403, "the other node has heard of it");
    }

    [Fact]
    public void TooMany_AreCountedAloneAndSaid()
    {
        var owed = new OwedSteps();
        for (var i = 0; i < OwedSteps.Most; i++) Assert.True(owed.TryAdd(Step($"u{i % 7}", i), UserState.None));

        Assert.False(owed.TryAdd(Step("u0", OwedSteps.Most), UserState.Suspended));

        // The decision is kept all the same.
        Assert.Equal(UserState.Suspended, owed.DecidedOn("u0")!.Value.State);
        Assert.Equal(OwedSteps.Most, owed.Count);
        owed.Done(owed.Next("u0")!);
        Assert.True(owed.TryAdd(Step("u0", OwedSteps.Most), UserState.None));

        static OwedStep Step(string user, int id) => new("t", user, new BlockedTurn("t", user, $"e{id}", null, [], 0));
    }

    private static Task<UserGateway> StartAsync(RedisProcess redis, string? audit = null, params string[] arguments) =>
        UserGateway.StartAsync(setup => setup with { Redis = redis.Endpoint, AuditDirectory = audit, Arguments = [.. setup.Arguments, .. arguments] });

    private static Task PaidAsync(UserGateway gateway) => Eventually.TrueAsync(async () =>
    {
        var metrics = await gateway.Host.MetricsAsync();
        return metrics.Sum("gateway_ledger_owed") == 0 && metrics.Sum("gateway_ledger_shared") >= 1;
    }, "nothing is owed any more");

    private static IEnumerable<(string Event, JsonObject Entry)> Changes(UserGateway gateway) =>
        new[] { "user_warned", "user_limited", "user_suspended" }.SelectMany(name => gateway.Host.Audit.Events(name).Select(entry => (name, entry)));
}
