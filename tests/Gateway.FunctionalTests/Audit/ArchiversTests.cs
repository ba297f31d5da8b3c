using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;
using StackExchange.Redis;

namespace Gateway.FunctionalTests.Audit;

/// <summary>Several archivers of one stream as real processes: one owns it at a time, and what a dead one held is taken over.</summary>
[Collection(OneAtATime.Name)]
public sealed class ArchiversTests : IAsyncLifetime
{
    private readonly TempDirectory _files = new();
    private StubModelServer _stub = null!;
    private RedisProcess _redis = null!;

    private string Audit => _files["audit"];

    private RedisKey Lease => $"gateway:archive:{{{JournalReader.RequireInstance(Audit)}}}";

    private RedisKey Stream => RedisAuditSink.StreamOf(JournalReader.RequireInstance(Audit));

    public async Task InitializeAsync()
    {
        _stub = await StubModelServer.StartAsync();
        _stub.Fallback = Load.AnswerAsync;
        _redis = await RedisProcess.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _stub.DisposeAsync();
        _files.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Owner_KilledOrStalledInItsWork_IsReplacedAndNothingIsMissingOrTwice(bool isKilled)
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySetup { Upstream = _stub.Address, AuditDirectory = Audit, Redis = _redis.Endpoint });
        await using var load = Load.Start(gateway.Client, 2);
        await load.ReachAsync(300);

        // 1. The first one is caught with the right to the stream in its hands.
        //    It works for some milliseconds of each second: only a connection that is open already is quick enough to see it.
        using var connection = await ConnectionMultiplexer.ConnectAsync(_redis.Endpoint + ",abortConnect=true");
        var redis = connection.GetDatabase();
        await using var first = StartArchiver();
        string? owner = null;
        await Eventually.TrueAsync(async () =>
        {
            if ((await redis.StringGetAsync(Lease)).IsNull || !first.Output.Contains("segment", StringComparison.Ordinal)) return false;
            first.Pause();
            owner = await redis.StringGetAsync(Lease);
            if (owner is null) first.Continue();
            return owner is not null;
        }, "the first archiver is caught at its work", limit: TimeSpan.FromMinutes(1));
        if (isKilled) first.Kill();

        // 2. The second keeps its hands off until that right has run out, then goes on where the first stopped.
        await using var second = StartArchiver();
        await Eventually.TrueAsync(() => second.Output.Contains("another archiver owns its stream", StringComparison.Ordinal), "the second archiver waits");
        Assert.Equal(owner, (string?)await _redis.CommandAsync("GET", Lease));
        Assert.DoesNotContain("segment", second.Output, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => second.Output.Contains("segment", StringComparison.Ordinal), "the second archiver takes over");

        // 3. One that was only stalled wakes up in the middle of its work: it must not write over what the other did.
        if (!isKilled)
        {
            first.Continue();
            await load.ReachAsync(load.Delivered.Count + 300);
            Assert.False(first.HasExited);
        }

        await load.StopAsync();

        // An orderly end brings its own last seal to Redis too.
        gateway.Child.Stop();
        await gateway.Child.ExitedAsync();
        await Eventually.TrueAsync(async () => (long)await _redis.CommandAsync("XLEN", Stream) == 0, "everything is archived");
        foreach (var archiver in new[] { first, second })
        {
            archiver.Stop();
            await archiver.ExitedAsync();
        }

        using var store = new DirectoryStore(_files["archive"]);
        var found = await ArchiveVerifier.VerifyAsync(store, JournalReader.RequireInstance(Audit));
        Assert.True(found.Soundness == JournalSoundness.Sound, $"{found.Fault} {found.Problem}");
        Assert.Equal(JournalVerifier.Verify(Audit).Last.Sequence, found.Entries);
        Assert.Equal(0, (long)((RedisResult[])(await _redis.CommandAsync("XPENDING", Stream, "archive"))!)[0]);
        await using var search = await ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", "search", "--audit", Audit, "--archive", _files["archive"], "--limit", "1000000"], limit: TimeSpan.FromSeconds(60));
        Assert.Equal(load.Delivered.Count, search.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private ChildProcess StartArchiver() => ChildProcess.Start(
        Repository.GatewayBinary, ["archive", "--redis", _redis.Endpoint, "--audit", Audit, "--to", _files["archive"], "--interval", "1", "--max-age", "0", "--segment-bytes", "65536"]);
}
