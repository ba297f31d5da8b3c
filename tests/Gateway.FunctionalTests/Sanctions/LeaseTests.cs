using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Sanctions;
using Gateway.Telemetry;
using Gateway.Tenants;
using Gateway.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Gateway.FunctionalTests.Sanctions;

/// <summary>Places of exchanges at a time: held while the exchange lives, however long, and free soon after its node died.</summary>
public sealed class LeaseTests : IAsyncLifetime
{
    private static readonly LedgerCaller Caller = new("t", "u", new UsageLimits(1, 0, 0, 0), UsageLimits.None);

    private readonly TempDirectory _files = new();
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private RedisProcess _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisProcess.StartAsync();

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _meters.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task AnExchangeThatOutlastsItsLeaseThreeTimes_HoldsItsPlace_UntilItEnds()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UtcNow);
        using var ledger = NewLedger(clock);
        await MovingAsync(clock, ledger.StartAsync(CancellationToken.None));
        await Eventually.TrueAsync(() => ledger.Shared!.IsUp, "Redis is connected");
        var first = await ledger.AdmitAsync(Caller, "long");
        Assert.Equal((0, true), (first.Limit, first.IsShared));

        // One connection for all the looks: a new one for each would take a second on a busy machine.
        using var client = await ConnectionMultiplexer.ConnectAsync(_redis.Endpoint);
        var end = clock.GetUtcNow() + (3 * RedisLedger.LeaseLength);
        await Eventually.TrueAsync(
            async () =>
            {
                // Timer by timer: a step that is under way while the clock jumps would be late.
                clock.AdvanceToNext(TimeSpan.FromSeconds(1));
                Assert.True(await client.GetDatabase().SortedSetScoreAsync("gateway:use:{t}:run", "long") > clock.GetUtcNow().ToUnixTimeMilliseconds(), "the place was lost");
                return clock.GetUtcNow() >= end;
            },
            "three leases are over", TimeSpan.FromMinutes(2));

        var second = await ledger.AdmitAsync(Caller, "second");
        Assert.Equal(("tenant_concurrency", true), (second.LimitName, second.IsShared));
        ledger.Leave(Caller, "long", 0, isShared: true);
        await Eventually.TrueAsync(async () => (await ledger.AdmitAsync(Caller, "third")).Limit == 0, "its place is free");
        await MovingAsync(clock, ledger.StopAsync(CancellationToken.None));
    }

    [Fact]
    public async Task ThePlaceOfANodeThatDied_IsFreeAfterTwoMinutes()
    {
        using var connection = new LedgerConnection(_redis.Endpoint, TimeProvider.System);
        await connection.ConnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => connection.IsUp, "Redis is connected");
        var shared = new RedisLedger(connection, new SanctionOptions());
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await shared.AdmitAsync(Caller, "dead", now);

        Assert.Equal(1, (await shared.AdmitAsync(Caller, "next", now + 119_000)).Limit);
        Assert.Equal(0, (await shared.AdmitAsync(Caller, "next", now + 120_000)).Limit);
    }

    [Fact]
    public async Task ManyAskedTogether_AreEachHeldToTheirOwnLimits()
    {
        using var connection = new LedgerConnection(_redis.Endpoint, TimeProvider.System);
        await connection.ConnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => connection.IsUp, "Redis is connected");
        var shared = new RedisLedger(connection, new SanctionOptions());
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var shut = new Standing { State = UserState.Suspended, Until = now + 60_000, Actor = "somebody", Reason = "a test" };
        await shared.SetAsync("t0", "u0-1", shut, onlyStricter: false, now);
        var asked = Enumerable.Range(0, 240).Select(i => new AskedExchange(new LedgerCaller($"t{i % 3}", $"u{i % 3}-{i / 3 % 4}", new UsageLimits(7, 0, 0, 0), new UsageLimits(2, 0, 0, 0)), $"e{i}")).ToList();

        await shared.AdmitAsync(asked, now);

        // Four users of a tenant with two places each, one of them shut out in the first tenant; seven places of the tenant.
        foreach (var tenant in asked.GroupBy(each => each.Caller.TenantKey))
        {
            var answers = await Task.WhenAll(tenant.Select(each => each.Answer));
            Assert.Equal(tenant.Key == "t0" ? 6 : 7, answers.Count(answer => answer is { Limit: 0, Standing.IsShut: false }));
            Assert.Equal(tenant.Key == "t0" ? 20 : 0, answers.Count(answer => answer.Standing.IsShut));
        }

        await shared.LeaveAsync([.. asked.Select(each => new EndedExchange(each.Caller, each.Id, 0))], now);
        Assert.Equal(0, (await shared.AdmitAsync(asked[0].Caller, "after", now)).Limit);
    }

    private UserLedger NewLedger(TimeProvider clock)
    {
        var options = new GatewayOptions { Audit = { Redis = _redis.Endpoint }, Sanctions = { State = _files["state"] } };
        return new UserLedger(options, new UserKeys(options, clock), new GatewayMetrics(_meters.GetRequiredService<IMeterFactory>()), clock, NullLogger<UserLedger>.Instance);
    }

    /// <summary>Moves the clock until something that waits by it is done.</summary>
    private static async Task MovingAsync(ManualTimeProvider clock, Task task)
    {
        await Eventually.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            return task.IsCompleted;
        }, "it is done");
        await task;
    }
}
