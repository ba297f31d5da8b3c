using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Audit.Verification;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Audit;

/// <summary>
/// Forty lives of a gateway with a real Redis, a real archiver and a real S3 store, in which everything is killed, emptied,
/// torn and filled up at seeded points under load. What was delivered has its record, once, in order, and all of it verifies.
/// </summary>
[Collection(OneAtATime.Name)]
public sealed class CrashCampaignTests : IAsyncLifetime
{
    private const int Lives = 40;
    private const int FaultsEach = 5;
    private const int Seed = 20261124;

    private readonly TempDirectory _files = new();
    private readonly Dictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _delivered = new(StringComparer.Ordinal);
    private StubModelServer _stub = null!;
    private RedisProcess _redis = null!;
    private S3Server _s3 = null!;
    private ChildProcess? _archiver;

    public async Task InitializeAsync()
    {
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", S3Server.Environment["AWS_ACCESS_KEY_ID"]);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", S3Server.Environment["AWS_SECRET_ACCESS_KEY"]);
        _stub = await StubModelServer.StartAsync();
        _stub.Fallback = Load.AnswerAsync;
        _redis = await RedisProcess.StartAsync();
        _s3 = await S3Server.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_archiver is not null) await _archiver.DisposeAsync();
        await _s3.DisposeAsync();
        await _redis.DisposeAsync();
        await _stub.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Campaign_EverythingKilledTornAndFilled_LosesNoRecordAndVerifies()
    {
        for (var life = 0; life < Lives; life++) await LiveAsync(life, new Random(Seed + life));
        await SettleAsync();

        Assert.True(_done.Values.Sum() >= 200, string.Join(", ", _done));
        using var places = Places();
        var found = await places.Search().FindAsync(new RecordFilter(), int.MaxValue);
        Assert.Equal(found.Count, found.Select(each => each.Record.Id).Distinct(StringComparer.Ordinal).Count());
        var records = found.ToDictionary(each => each.Record.Id, each => each.Record, StringComparer.Ordinal);
        foreach (var (id, status) in _delivered)
        {
            Assert.True(records.TryGetValue(id, out var record), $"seed {Seed}: no record of the delivered exchange {id}");
            Assert.Equal(status == 400 ? AuditOutcomes.Blocked : AuditOutcomes.Completed, record.Outcome);
        }

        var archive = await ArchiveVerifier.VerifyAsync(places.Archive!, JournalReader.RequireInstance(Audit));
        Assert.True(archive.Soundness == JournalSoundness.Sound, $"seed {Seed}: {archive.Fault} {archive.Problem}");
        Assert.True(archive.Entries > 0);
        var journal = JournalVerifier.Verify(Audit);
        Assert.True(journal.Soundness == JournalSoundness.Sound, $"seed {Seed}: {journal.Fault} {journal.Problem}");
    }

    private async Task LiveAsync(int life, Random random)
    {
        await using var gateway = await GatewayProcess.StartAsync(Setup());
        _archiver ??= StartArchiver();
        var load = Load.Start(gateway.Client, 4);
        for (var fault = 1; fault < FaultsEach; fault++)
        {
            await load.ReachAsync(load.Delivered.Count + random.Next(3, 25));
            await HarmAsync(random, gateway, mayFill: fault == FaultsEach - 1 && life % 8 == 3);
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
        if (life % 7 == 2) Corrupt(random);
    }

    private async Task HarmAsync(Random random, GatewayProcess gateway, bool mayFill)
    {
        if (mayFill)
        {
            // No write beyond what the files are now: as on a full disk, in the middle of whatever the gateway is writing.
            var limit = Directory.GetFiles(Audit, "journal-*").Max(file => new FileInfo(file).Length);
            var command = await ChildProcess.RunAsync("prlimit", ["--pid", gateway.Child.Id.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"--fsize={limit}")]);
            await using (command) Assert.True(command.ExitCode == 0, command.Errors);
            Count("disk full");
            return;
        }

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
                _archiver!.Kill();
                await _archiver.ExitedAsync();
                await _archiver.DisposeAsync();
                _archiver = StartArchiver();
                Count("archiver killed");
                break;
            default:
                await _redis.StopAsync();
                await _redis.ResumeAsync();
                Count("redis stopped");
                break;
        }
    }

    /// <summary>Leaves what an interrupted append leaves: the beginning of a line.</summary>
    private void Tear(Random random)
    {
        var segment = Directory.GetFiles(Audit, "journal-*").Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(segment).AsSpan().TrimEnd((byte)0).ToArray();
        if (bytes.Length == 0) return;
        var lastLine = bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1;
        var torn = bytes.AsSpan(lastLine, random.Next(1, bytes.Length - lastLine)).ToArray();
        if (bytes[^1] != '\n') return;
        File.WriteAllBytes(segment, [.. bytes, .. torn]);
        Count("write torn");
    }

    /// <summary>Flips a byte of a copy: it must be refused, and the original goes on.</summary>
    private void Corrupt(Random random)
    {
        var copy = _files["corrupt"];
        if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
        TempDirectory.Copy(Audit, copy);
        var segment = Directory.GetFiles(copy, "journal-*").Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(segment);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n');
        if (whole < 1) return;
        bytes[random.Next(whole)] ^= (byte)random.Next(1, 256);
        File.WriteAllBytes(segment, bytes);
        Assert.NotEqual(JournalSoundness.Sound, JournalVerifier.Verify(copy).Soundness);
        Count("bytes corrupted");
    }

    /// <summary>A last life in peace: everything is forwarded and archived.</summary>
    private async Task SettleAsync()
    {
        await using var gateway = await GatewayProcess.StartAsync(Setup());
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0, "Redis holds everything", TimeSpan.FromSeconds(60));
        _archiver!.Kill();
        await _archiver.ExitedAsync();
        await _archiver.DisposeAsync();
        _archiver = null;
        await _redis.CommandAsync("DEL", (StackExchange.Redis.RedisKey)$"gateway:archive:{{{JournalReader.RequireInstance(Audit)}}}");
        await using var last = StartArchiver("--once");
        await last.ExitedAsync();
        Assert.True(last.ExitCode == 0, last.Output + last.Errors);
        Assert.Contains("segment", last.Output, StringComparison.Ordinal);
        gateway.Child.Stop();
        await gateway.Child.ExitedAsync();
    }

    private string Audit => _files["audit"];

    private GatewaySetup Setup() => new()
    {
        Upstream = _stub.Address,
        AuditDirectory = Audit,
        Redis = _redis.Endpoint,
        Arguments = ["--Gateway:Audit:Seal:Entries=100"],
    };

    private ChildProcess StartArchiver(params string[] more) => ChildProcess.Start(
        Repository.GatewayBinary,
        ["archive", "--redis", _redis.Endpoint, "--audit", Audit, "--to", _s3.Place, "--interval", "1", "--max-age", "2", "--segment-bytes", "65536", .. more], null, S3Server.Environment);

    private RecordPlaces Places() => new(
        new Gateway.Configuration.AuditOptions { Directory = Audit, Archive = _s3.Place, Redis = _redis.Endpoint }, TimeProvider.System);

    private void Count(string fault) => _done[fault] = _done.GetValueOrDefault(fault) + 1;
}
