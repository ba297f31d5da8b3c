using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;
using StackExchange.Redis;

namespace Gateway.FunctionalTests.Processes;

/// <summary>Redis stopped, started, killed and emptied under load: the stream ends up whole, in order, nothing twice, and traffic never waits.</summary>
[Collection(OneAtATime.Name)]
public sealed class RedisFaultTests
{
    [Fact]
    public Task Case_73_Redis_StoppedAndStarted_MissesNothing() => RunAsync(async redis =>
    {
        await redis.StopAsync();
        await Task.Yield();
        await redis.ResumeAsync();
    });

    [Fact]
    public Task Redis_Killed_MissesNothing() => RunAsync(async redis =>
    {
        await redis.KillAsync();
        await redis.ResumeAsync();
    });

    [Fact]
    public Task Redis_ComingBackEmpty_IsFilledFromTheStart() => RunAsync(async redis =>
    {
        await redis.KillAsync();
        redis.Empty();
        await redis.ResumeAsync();
    });

    [Fact]
    public Task Redis_EmptiedWhileConnected_IsFilledFromTheStart() => RunAsync(redis => redis.CommandAsync("FLUSHALL"));

    [Fact]
    public Task Redis_EmptiedAndReconnected_IsFilledFromTheStart() => RunAsync(async redis =>
    {
        await redis.CommandAsync("FLUSHALL");
        await redis.StopAsync();
        await redis.ResumeAsync();
    });

    [Fact]
    public async Task Redis_NeverThere_BlocksNoTraffic()
    {
        await using var stub = await StubModelServer.StartAsync();
        stub.Fallback = Load.AnswerAsync;
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Redis = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Next()}"),
        });
        await using var load = Load.Start(gateway.Client);

        await load.ReachAsync(200);
        await load.StopAsync();

        Assert.Equal(0, load.Broken);
        var metrics = await gateway.MetricsAsync();
        Assert.Equal(0, metrics.Sum("gateway_audit_sink_state"));
        Assert.True(metrics.Sum("gateway_audit_lag_entries") > 0);
        Assert.Equal(load.Delivered.Count, gateway.Audit.Read().Count);
    }

    [Fact]
    public async Task Redis_StartedLater_IsFilledFromTheStart()
    {
        await using var stub = await StubModelServer.StartAsync();
        stub.Fallback = Load.AnswerAsync;
        await using var redis = await RedisProcess.StartAsync();
        await redis.StopAsync();
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup { Upstream = stub.Address, Redis = redis.Endpoint });
        await using var load = Load.Start(gateway.Client);
        await load.ReachAsync(100);
        await redis.ResumeAsync();
        await load.StopAsync();

        await AssertWholeAsync(gateway, redis);
    }

    private static async Task RunAsync(Func<RedisProcess, Task> fault)
    {
        await using var stub = await StubModelServer.StartAsync();
        stub.Fallback = Load.AnswerAsync;
        await using var redis = await RedisProcess.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup { Upstream = stub.Address, Redis = redis.Endpoint });
        await using var load = Load.Start(gateway.Client);
        await load.ReachAsync(100);

        for (var round = 1; round <= 2; round++)
        {
            await fault(redis);
            await load.ReachAsync(load.Delivered.Count + 100);
        }

        await load.StopAsync();
        Assert.Equal(0, load.Broken);
        await AssertWholeAsync(gateway, redis);
    }

    /// <summary>Each journal entry is in the stream once, in order, with its hash.</summary>
    private static async Task AssertWholeAsync(GatewayProcess gateway, RedisProcess redis)
    {
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0, "the sink has caught up", TimeSpan.FromSeconds(60));
        var expected = gateway.Audit.Read().SelectMany(record => record.Json["entries"]!.AsArray())
            .Select(entry => (Sequence: (long)entry!["seq"]!, Hash: (string)entry["hash"]!))
            .OrderBy(entry => entry.Sequence).ToList();
        var key = Assert.Single((RedisValue[])(await redis.CommandAsync("KEYS", "gateway:audit:*"))!);
        Assert.Matches("^gateway:audit:\\{[^{}]+\\}$", key.ToString());
        var entries = (RedisResult[])(await redis.CommandAsync("XRANGE", (RedisKey)key.ToString(), "-", "+"))!;
        var all = entries.Select(Read).ToList();
        Assert.Equal(Enumerable.Range(1, all.Count).Select(number => (long)number), all.Select(entry => entry.Sequence));
        var received = all.Where(entry => !entry.IsSeal).Select(entry => (entry.Sequence, entry.Hash)).ToList();

        Assert.Equal(expected.Select(entry => entry.Sequence), received.Select(entry => entry.Sequence));
        Assert.Equal(expected.Select(entry => entry.Hash), received.Select(entry => entry.Hash));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_audit_sink_state"));
    }

    private static (long Sequence, string Hash, bool IsSeal) Read(RedisResult entry)
    {
        var parts = (RedisResult[])entry!;
        var fields = (string[])parts[1]!;
        Assert.Equal(["seq", "hash", "record"], new[] { fields[0], fields[2], fields[4] });
        Assert.Equal($"{fields[1]}-0", (string?)parts[0]);
        Assert.Equal(fields[1], JsonNode.Parse(fields[5])!["seq"]!.ToString());
        Recorded.AssertHolds(fields[5], "the stream");
        return (long.Parse(fields[1], CultureInfo.InvariantCulture), fields[3], (string?)JsonNode.Parse(fields[5])!["kind"] == "seal");
    }
}
