using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;
using StackExchange.Redis;

namespace Gateway.FunctionalTests.Audit;

/// <summary>A real Redis Cluster of three servers: streams lie on different ones, each with all that belongs to it.</summary>
[Collection(OneAtATime.Name)]
public sealed class RedisClusterTests : IAsyncLifetime
{
    private const int Slots = 16384;
    private const int Gateways = 4;

    private readonly TempDirectory _files = new();
    private readonly RedisProcess[] _nodes = new RedisProcess[3];
    private StubModelServer _stub = null!;

    public async Task InitializeAsync()
    {
        _stub = await StubModelServer.StartAsync();
        _stub.Fallback = Load.AnswerAsync;
        for (var index = 0; index < _nodes.Length; index++)
            _nodes[index] = await RedisProcess.StartAsync("--cluster-enabled", "yes", "--cluster-port", FreePort.Next().ToString(CultureInfo.InvariantCulture));
        for (var index = 0; index < _nodes.Length; index++)
        {
            await OfAsync(_nodes[index], "cluster", "addslotsrange", Text(Slots * index / _nodes.Length), Text((Slots * (index + 1) / _nodes.Length) - 1));
            var port = (await OfAsync(_nodes[index], "config", "get", "cluster-port")).Split('\n')[1].Trim();
            if (index > 0) await OfAsync(_nodes[0], "cluster", "meet", "127.0.0.1", Text(_nodes[index].Port), port);
        }

        foreach (var node in _nodes)
        {
            await Eventually.TrueAsync(async () =>
            {
                var info = await OfAsync(node, "cluster", "info");
                return info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains("cluster_known_nodes:3", StringComparison.Ordinal);
            }, "the cluster stands");
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await _stub.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Cluster_StreamsOfSeveralJournals_AreForwardedArchivedAndSearched()
    {
        var instances = new List<string>();
        for (var index = 0; index < Gateways; index++)
        {
            // Each is told of another server, and finds the rest itself.
            var node = _nodes[index % _nodes.Length];
            var audit = _files[$"audit-{index}"];
            await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup
            {
                Upstream = _stub.Address,
                AuditDirectory = audit,
                Redis = node.Endpoint,
                Arguments = [$"--Gateway:Audit:Anchors=redis:{node.Endpoint}", "--Gateway:Audit:Seal:Entries=20"],
            });
            await using (var load = Load.Start(gateway.Client, 2)) await load.ReachAsync(50);
            await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0, "the cluster holds everything");
            Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_audit_sink_state"));
            gateway.Child.Stop();
            await gateway.Child.ExitedAsync();
            instances.Add(JournalReader.RequireInstance(audit));

            // Stream and lease of a journal share a slot, or one script could not touch both; so do its anchors among themselves.
            Assert.Equal(await SlotAsync(RedisAuditSink.StreamOf(instances[^1])), await SlotAsync($"gateway:archive:{{{instances[^1]}}}"));
            await using var anchored = await ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", "verify", audit, "--anchors", $"redis:{_nodes[(index + 1) % 3].Endpoint}"]);
            Assert.True(anchored.ExitCode == 0, anchored.Output + anchored.Errors);
            Assert.Contains("were not written and sealed anew", anchored.Output, StringComparison.Ordinal);
        }

        // An archiver that knows one server finds the streams of all, whichever server holds them.
        var archive = _files["archive"];
        await using (var archiver = await ChildProcess.RunAsync(Repository.GatewayBinary, ["archive", "--redis", _nodes[0].Endpoint, "--audit", _files["audit-0"], "--to", archive, "--once"]))
        {
            Assert.True(archiver.ExitCode == 0, archiver.Output + archiver.Errors);
            foreach (var instance in instances) Assert.Contains($"journal {instance}: segment 1, entries 1 to", archiver.Output, StringComparison.Ordinal);
        }

        var slots = new HashSet<int>();
        foreach (var instance in instances)
        {
            var stream = RedisAuditSink.StreamOf(instance);
            slots.Add(await SlotAsync(stream) * 3 / Slots);
            using var redis = new RedisCommands(_nodes[1].Endpoint, "test", TimeProvider.System);
            Assert.True((long)await redis.ExecuteAsync("XLEN", CancellationToken.None, (RedisKey)stream) < 5);
        }

        await using var verified = await ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", "verify", archive]);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Errors);
        await using var search = await ChildProcess.RunAsync(
            Repository.GatewayBinary, ["audit", "search", "--audit", _files["audit-0"], "--archive", archive, "--redis", _nodes[2].Endpoint, "--limit", "100000"]);
        Assert.True(search.ExitCode == 0 && search.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length >= Gateways * 50, search.Output + search.Errors);
    }

    private async Task<int> SlotAsync(string key) => int.Parse(await OfAsync(_nodes[0], "cluster", "keyslot", key), CultureInfo.InvariantCulture);

    private static async Task<string> OfAsync(RedisProcess node, params string[] command)
    {
        await using var client = await ChildProcess.RunAsync("redis-cli", ["-h", "127.0.0.1", "-p", Text(node.Port), .. command]);
        Assert.True(client.ExitCode == 0 && !client.Output.StartsWith("ERR", StringComparison.Ordinal), client.Output + client.Errors);
        return client.Output.Trim();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
