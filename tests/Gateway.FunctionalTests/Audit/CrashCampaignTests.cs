using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Audit.Verification;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;
using StackExchange.Redis;
using Xunit.Abstractions;

namespace Gateway.FunctionalTests.Audit;

/// <summary>
/// Forty lives of a gateway with a real Redis, two real archivers and a real S3 store, in which everything is killed, emptied,
/// torn, corrupted and filled up at seeded points under load. What was delivered has its record, once, in order, and all of it verifies.
/// </summary>
[Collection(OneAtATime.Name)]
public sealed class CrashCampaignTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Lives = 40;
    private const int FaultsEach = 5;

    private readonly TempDirectory _files = new();
    private readonly Dictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _delivered = new(StringComparer.Ordinal);
    private readonly ChildProcess?[] _archivers = new ChildProcess?[2];
    private StubModelServer _stub = null!;
    private RedisProcess _redis = null!;
    private S3Server _s3 = null!;

    /// <summary>Another one to look for new faults, or a failed one to see it again: <c>GATEWAY_CAMPAIGN_SEED</c>.</summary>
    private static int Seed => int.Parse(Environment.GetEnvironmentVariable("GATEWAY_CAMPAIGN_SEED") ?? "20261124", CultureInfo.InvariantCulture);

    private string Audit => _files["audit"];

    public async Task InitializeAsync()
    {
        foreach (var (name, value) in S3Server.Environment) Environment.SetEnvironmentVariable(name, value);
        _stub = await StubModelServer.StartAsync();
        _stub.Fallback = Load.AnswerAsync;
        _redis = await RedisProcess.StartAsync();
        _s3 = await S3Server.StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var archiver in _archivers)
        {
            if (archiver is not null) await archiver.DisposeAsync();
        }

        await _s3.DisposeAsync();
        await _redis.DisposeAsync();
        await _stub.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Campaign_EverythingKilledTornAndFilled_LosesNoRecordAndVerifies()
    {
        output.WriteLine($"seed {Seed}");
        try
        {
            for (var life = 0; life < Lives; life++) await LiveAsync(life, new Random(Seed + life));
            await SettleAsync();
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"seed {Seed}, after {Told()}: {fault.Message}", fault);
        }

        output.WriteLine($"{Told()}; {_delivered.Count} delivered");
        Assert.True(_done.Values.Sum() >= 200, Told());
        await CheckAsync();
    }

    private async Task CheckAsync()
    {
        // 1. Every answer that was delivered whole has its record, once, and the record tells the same.
        using var places = new RecordPlaces(new Gateway.Configuration.AuditOptions { Directory = Audit, Archive = _s3.Place, Redis = _redis.Endpoint }, TimeProvider.System);
        var found = await places.Search().FindAsync(new RecordFilter(), int.MaxValue);
        Assert.Equal(found.Count, found.Select(each => each.Record.Id).Distinct(StringComparer.Ordinal).Count());
        var records = found.ToDictionary(each => each.Record.Id, each => each.Record, StringComparer.Ordinal);
        Assert.True(_delivered.Count > 1000, $"{_delivered.Count} delivered");
        foreach (var (id, status) in _delivered)
        {
            Assert.True(records.TryGetValue(id, out var record), $"seed {Seed}: no record of the delivered exchange {id}");
            Assert.True(record.Outcome == (status == 400 ? AuditOutcomes.Blocked : AuditOutcomes.Completed), $"seed {Seed}: {id} was answered with {status} and recorded as {record.Outcome}");
        }

        // 2. Archive, stream and journal verify, and each goes on where the other ends: nothing is missing, twice or out of order.
        var instance = JournalReader.RequireInstance(Audit);
        var archive = await ArchiveVerifier.VerifyAsync(places.Archive!, instance);
        Assert.True(archive.Soundness == JournalSoundness.Sound, $"seed {Seed}: {archive.Fault} {archive.Problem}");
        Assert.Equal(archive.Last, archive.Entries);
        var journal = JournalVerifier.Verify(Audit);
        Assert.True(journal.Soundness == JournalSoundness.Sound, $"seed {Seed}: {journal.Fault} {journal.Problem}");
        Assert.True(journal.Trimmed <= archive.Last && archive.Last <= journal.Last.Sequence, $"seed {Seed}: the archive ends at {archive.Last}, the journal holds {journal.Trimmed + 1} to {journal.Last.Sequence}");
        var stream = (RedisResult[])(await _redis.CommandAsync("XRANGE", (RedisKey)RedisAuditSink.StreamOf(instance), "-", "+"))!;
        var held = stream.Select(RedisEntries.Read).Select(entry => entry.Sequence).ToList();
        Assert.Equal(Enumerable.Range(0, held.Count).Select(index => archive.Last + 1 + index), held);
    }

    private async Task LiveAsync(int life, Random random)
    {
        await using var gateway = await GatewayProcess.StartAsync(Setup());
        for (var index = 0; index < _archivers.Length; index++) _archivers[index] ??= StartArchiver();
        var load = Load.Start(gateway.Client, 4);
        for (var fault = 1; fault < FaultsEach; fault++)
        {
            await load.ReachAsync(load.Delivered.Count + random.Next(3, 25));
            if (fault == FaultsEach - 1 && life % 8 == 3) await FillDiskAsync(gateway, load);
            else await HarmAsync(random);
        }

        // The last fault of a life ends it.
        gateway.Child.Kill();
        await gateway.Child.ExitedAsync();
        Count("gateway killed");
        await load.DisposeAsync();

        // An answer that says it could not be recorded, or a stream that broke off, delivered nothing that needs a record.
        foreach (var exchange in load.Delivered.Where(exchange => exchange.Status is 200 or 400))
        {
            if (!exchange.Text.Contains("data:", StringComparison.Ordinal) || exchange.Text.Contains("[DONE]", StringComparison.Ordinal)) _delivered[exchange.Id!] = exchange.Status;
        }

        if (life % 3 == 1) Tear(random);
        if (life % 7 == 2) await CorruptAsync(random);
    }

    private async Task HarmAsync(Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                await _redis.KillAsync();
                await _redis.ResumeAsync();
                Count("redis killed");
                break;
            case 1:
                await _redis.CommandAsync("FLUSHALL");
                Count("redis emptied");
                break;
            case 2:
                await _s3.KillAsync();
                await _s3.ResumeAsync();
                Count("store killed");
                break;
            case 3:
                var index = random.Next(_archivers.Length);
                await KillArchiverAsync(index);
                _archivers[index] = StartArchiver();
                Count("archiver killed");
                break;
            default:
                await _redis.StopAsync();
                await _redis.ResumeAsync();
                Count("redis stopped");
                break;
        }
    }

    /// <summary>No write beyond where the journal is now, as on a full disk: from then on answers are refused, for they cannot be recorded.</summary>
    private async Task FillDiskAsync(GatewayProcess gateway, Load load)
    {
        var limit = Written(LastSegment()).Length + 1000;
        var command = await ChildProcess.RunAsync("prlimit", ["--pid", gateway.Child.Id.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"--fsize={limit}")]);
        await using (command) Assert.True(command.ExitCode == 0, command.Errors);
        await Eventually.TrueAsync(() => load.Delivered.Any(exchange => exchange.Status == 503), "an answer is refused because it cannot be recorded");
        Count("disk filled");
    }

    /// <summary>Leaves what an interrupted append leaves: the beginning of a line.</summary>
    private void Tear(Random random)
    {
        var segment = LastSegment();
        var bytes = Written(segment);
        if (bytes.Length == 0 || bytes[^1] != '\n') return;
        var lastLine = bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1;
        File.WriteAllBytes(segment, [.. bytes, .. bytes.AsSpan(lastLine, random.Next(1, bytes.Length - lastLine))]);
        Count("write torn");
    }

    /// <summary>Alters a byte before the last line: the gateway must refuse to start on such a journal, until the byte is put right.</summary>
    private async Task CorruptAsync(Random random)
    {
        var segment = Directory.GetFiles(Audit, "journal-*.ndjson").Order(StringComparer.Ordinal).First();
        var original = File.ReadAllBytes(segment);
        var lines = original.AsSpan().TrimEnd((byte)0);
        var end = lines.LastIndexOf((byte)'\n');
        end = end < 1 ? -1 : lines[..end].LastIndexOf((byte)'\n');
        if (end < 1) return;
        var altered = original.ToArray();
        altered[random.Next(end)] ^= (byte)random.Next(1, 256);
        File.WriteAllBytes(segment, altered);
        Assert.Equal(JournalSoundness.Broken, JournalVerifier.Verify(Audit).Soundness);
        await using (var refused = GatewayProcess.Launch(Setup()))
        {
            await refused.Child.ExitedAsync();
            Assert.NotEqual(0, refused.Child.ExitCode);
        }

        File.WriteAllBytes(segment, original);
        Count("bytes corrupted");
    }

    /// <summary>A last life in peace: everything is forwarded and archived, once the lease of the archivers that died has run out.</summary>
    private async Task SettleAsync()
    {
        await using var gateway = await GatewayProcess.StartAsync(Setup());
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0, "Redis holds everything", TimeSpan.FromSeconds(60));
        for (var index = 0; index < _archivers.Length; index++) await KillArchiverAsync(index);
        await Eventually.TrueAsync(async () =>
        {
            await using var last = StartArchiver("--once");
            await last.ExitedAsync();
            Assert.True(last.ExitCode == 0, last.Output + last.Errors);
            return !last.Output.Contains("another archiver", StringComparison.Ordinal);
        }, "an archiver takes over");
        gateway.Child.Stop();
        await gateway.Child.ExitedAsync();
    }

    private async Task KillArchiverAsync(int index)
    {
        if (_archivers[index] is not { } archiver) return;
        Assert.False(archiver.HasExited, $"an archiver ended by itself: {archiver.Output}{archiver.Errors}");
        archiver.Kill();
        await archiver.ExitedAsync();
        await archiver.DisposeAsync();
        _archivers[index] = null;
    }

    private ChildProcess StartArchiver(params string[] more) => ChildProcess.Start(
        Repository.GatewayBinary,
        ["archive", "--redis", _redis.Endpoint, "--audit", Audit, "--to", _s3.Place, "--interval", "1", "--max-age", "2", "--segment-bytes", "262144", .. more], null, S3Server.Environment);

    private GatewaySetup Setup() => new()
    {
        Upstream = _stub.Address,
        AuditDirectory = Audit,
        Redis = _redis.Endpoint,
        Arguments = ["--Gateway:Audit:Seal:Entries=100"],
    };

    private string LastSegment() => Directory.GetFiles(Audit, "journal-*.ndjson").Order(StringComparer.Ordinal).Last();

    /// <summary>What is written of a segment, without the zero bytes prepared behind it.</summary>
    private static byte[] Written(string segment)
    {
        using var file = new FileStream(segment, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes.AsSpan().TrimEnd((byte)0).ToArray();
    }

    private void Count(string fault) => _done[fault] = _done.GetValueOrDefault(fault) + 1;

    private string Told() => string.Join(", ", _done.Select(each => $"{each.Key} {each.Value} times"));
}
