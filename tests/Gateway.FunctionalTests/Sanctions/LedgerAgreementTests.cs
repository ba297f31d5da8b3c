using Gateway.Configuration;
using Gateway.Sanctions;
using Gateway.Tenants;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Sanctions;

/// <summary>What Redis decides for all nodes is what one node would decide by itself, turn for turn.</summary>
public sealed class LedgerAgreementTests : IAsyncLifetime
{
    private const int Seed = 20261124;

    private RedisProcess _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisProcess.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task Row08_RandomSequences_ComeToTheSameStanding()
    {
        using var files = new TempDirectory();
        var random = new Random(Seed);
        var options = new SanctionOptions { SuspendMinutes = 3, TerminateAfter = 4 };
        using var connection = await ConnectAsync();
        var shared = new RedisLedger(connection, options);
        var local = new LocalLedger(new Ladder(options), new StandingFile(files.Path, TimeProvider.System));
        var caller = new Func<int, LedgerCaller>(user => new LedgerCaller("t", $"user-{user}", UsageLimits.None, UsageLimits.None));
        var now = new DateTimeOffset(2026, 11, 24, 22, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();
        for (var step = 0; step < 600; step++)
        {
            now += random.Next(5) == 0 ? random.Next(400_000) : random.Next(2_000);
            var user = $"user-{random.Next(5)}";
            switch (random.Next(5))
            {
                case 0:
                    await shared.CleanAsync("t", user, now);
                    local.Clean(user, now);
                    break;
                case 1:
                    var standing = new Standing { State = (UserState)random.Next(5), Until = random.Next(2) == 0 ? 0 : now + random.Next(100_000), Reason = "by hand", Actor = "somebody", Since = now, Day = Ladder.DayOf(now) };
                    await shared.SetAsync("t", user, standing, onlyStricter: false, now);
                    local.Set(user, standing, now);
                    break;
                default:
                    var retry = random.Next(4) == 0 ? $"retry-{random.Next(6)}" : null;
                    var turn = new BlockedTurn("t", user, $"e{step}", retry, ["turn"], now);
                    var there = await shared.BlockedAsync(turn, now);
                    var here = local.Blocked(turn, now);
                    Assert.True(there.IsChanged == here.IsChanged, $"seed {Seed}, step {step}: changed {there.IsChanged} in Redis, {here.IsChanged} here");
                    break;
            }

            var (one, other) = (await shared.ShowAsync("t", user, now), local.Show(user, now));
            Assert.True(
                (one.State, one.Until, one.InRow, one.Today, one.Suspensions, one.Reason, one.Actor) == (other.State, other.Until, other.InRow, other.Today, other.Suspensions, other.Reason, other.Actor),
                $"seed {Seed}, step {step}: Redis says {one}, this node {other}");
            var admitted = await shared.AdmitAsync(caller(user[^1] - '0'), $"e{step}", now);
            Assert.Equal(other.State, admitted.Standing.State);
        }
    }

    [Fact]
    public async Task Limits_CountAlike()
    {
        using var files = new TempDirectory();
        var options = new SanctionOptions();
        using var connection = await ConnectAsync();
        var shared = new RedisLedger(connection, options);
        var local = new LocalLedger(new Ladder(options), new StandingFile(files.Path, TimeProvider.System));
        var caller = new LedgerCaller("t", "u", new UsageLimits(3, 6, 0, 500), new UsageLimits(2, 0, 100, 0));
        // Leases end by the clock of Redis, so the time must not lie behind it. Which limits a sequence meets depends on where minutes and days begin:
        // it begins minutes before midnight, so that days change within it.
        var now = new DateTimeOffset(DateTime.UtcNow.Date.AddDays(2), TimeSpan.Zero).ToUnixTimeMilliseconds() - 300_000;
        var running = new Queue<string>();
        var random = new Random(Seed);
        var seen = new HashSet<int>();
        for (var step = 0; step < 400; step++)
        {
            now += random.Next(4_000);
            var id = $"e{step}";
            var (there, here) = (await shared.AdmitAsync(caller, id, now), local.Admit(caller, now));
            Assert.True(there.Limit == here.Limit, $"seed {Seed}, step {step}: limit {there.LimitName} in Redis, {here.LimitName} here");
            seen.Add(here.Limit);
            if (here.Limit == 0) running.Enqueue(id);
            if (running.Count > 0 && random.Next(3) > 0)
            {
                var tokens = random.Next(60);
                await shared.LeaveAsync([new EndedExchange(caller, running.Peek(), tokens)], now);
                local.Leave(caller, tokens, now);
                running.Dequeue();
            }
        }

        Assert.Superset(new HashSet<int> { 0, 2, 4, 5, 7 }, seen);
    }

    [Fact]
    public async Task Row08_ManyStepsAtOnce_EachIsAnsweredInTime()
    {
        // The last command of a burst was sometimes not sent before another came: one burst in forty.
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (var round = 0; round < 100; round++)
        {
            using var connection = await ConnectAsync();
            var shared = new RedisLedger(connection, new SanctionOptions());
            await Task.WhenAll(Enumerable.Range(0, 50).Select(step => Task.Run(async () =>
            {
                await shared.AdmitAsync(new LedgerCaller("t", "u", UsageLimits.None, UsageLimits.None), $"e{step}", now);
                await shared.KnownAsync("t", "u", ["turn"]);
                await shared.BlockedAsync(new BlockedTurn("t", "u", $"e{step}", null, ["turn"], now), now);
            })));
        }
    }

    private async Task<LedgerConnection> ConnectAsync()
    {
        var connection = new LedgerConnection(_redis.Endpoint, TimeProvider.System);
        await connection.ConnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => Task.FromResult(connection.IsUp), "Redis is connected");
        return connection;
    }
}
