using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Sanctions;
using Gateway.Telemetry;
using Gateway.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>
/// What tenants, policies, limits and sanctions cost an exchange: finding the owner of a key, putting the policy together, the keyed hashes of
/// tenant and user, counting in and out. 1,000 tenants, 20 policies over a base, 100,000 users. With <c>--redis HOST:PORT</c> also over Redis.
/// </summary>
internal sealed class PolicyRun(bool isJson, string? redis, TextWriter output)
{
    private const int Tenants = 1000;
    private const int Users = 100_000;
    private const int Policies = 20;
    private const int Exchanges = 400_000;
    private const int SharedExchanges = 50_000;
    private const int AtOnce = 32;
    private const double MostMicroseconds = 20;

    public async Task<int> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("gateway-bench-policy-").FullName;
        try
        {
            var (book, tenants, keys) = Prepare(directory);
            var local = await MeasureAsync(directory, book, tenants, keys, null, Exchanges);
            Print("local", local);
            if (redis is not null) Print("redis", await MeasureAsync(directory, book, tenants, keys, redis, SharedExchanges));
            return local.MeanMicroseconds <= MostMicroseconds ? 0 : 1;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static (PolicyBook Book, TenantBook Tenants, string[] Keys) Prepare(string directory)
    {
        var policies = Directory.CreateDirectory(Path.Combine(directory, "policies")).FullName;
        File.WriteAllText(Path.Combine(policies, "base.json"), """{"Mode":"Enforce","OnFault":"Block","Thresholds":{"any":{"Block":0.9}},"Tiers":{"a1-core-values":{"review":"Confirm"}}}""");
        File.WriteAllText(Path.Combine(policies, "default.json"), "{}");
        for (var i = 0; i < Policies; i++)
        {
            File.WriteAllText(Path.Combine(policies, $"p{i}.json"), $$$"""{"Models":["model-{{{i}}}-*"],"Answer":"a {{{i}}}","Actions":{"personal-info":"Label"}}""");
        }

        var file = new JsonObject();
        var keys = new string[Tenants];
        for (var i = 0; i < Tenants; i++)
        {
            keys[i] = $"gw_{Guid.NewGuid():N}{Guid.NewGuid():N}";
            file[$"tenant-{i}"] = new JsonObject
            {
                ["Policy"] = $"p{i % Policies}",
                ["Limits"] = new JsonObject { ["Concurrency"] = 1000, ["RequestsPerMinute"] = 100_000_000, ["TokensPerDay"] = 1_000_000_000_000 },
                ["UserLimits"] = new JsonObject { ["RequestsPerMinute"] = 1_000_000, ["TokensPerMinute"] = 1_000_000_000 },
                ["Keys"] = new JsonArray(new JsonObject { ["Id"] = $"k{i}", ["Hash"] = TenantBook.HashOf(Encoding.UTF8.GetBytes(keys[i]), null), ["Policy"] = i % 3 == 0 ? $"p{(i + 7) % Policies}" : "default" }),
            };
        }

        var path = Path.Combine(directory, "tenants.json");
        File.WriteAllText(path, file.ToJsonString());
        var book = PolicyLoader.LoadBook(policies, new Dictionary<string, Thresholds> { ["any"] = new(0.95f, 0.6f, 0.97f) });
        return (book, new TenantLoader(path, null, book.Policies.ContainsKey, TimeProvider.System).Load(), keys);
    }

    private static async Task<Result> MeasureAsync(string directory, PolicyBook book, TenantBook tenants, string[] keys, string? redis, int exchanges)
    {
        var options = new GatewayOptions { EndUser = { Header = "X-User" }, Sanctions = { State = Path.Combine(directory, "state") }, Audit = { Redis = redis } };
        using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new GatewayMetrics(meters.GetRequiredService<IMeterFactory>());
        var hashes = new UserKeys(options, TimeProvider.System);
        using var ledger = new UserLedger(options, hashes, metrics, TimeProvider.System, NullLogger<UserLedger>.Instance);
        await ledger.StartAsync(CancellationToken.None);
        var users = Enumerable.Range(0, Users).Select(i => $"user-{i}").ToArray();
        var names = Enumerable.Range(0, Policies).Select(i => $"model-{i}-x").ToArray();

        // Every user has an account, and every path of policies has been put together once, before anything is measured.
        for (var i = 0; i < Users; i++) await OneAsync(i);
        var times = new double[exchanges];
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        var admitted = 0;
        if (redis is null)
        {
            for (var i = 0; i < exchanges; i++)
            {
                var mark = Stopwatch.GetTimestamp();
                if (await OneAsync(i)) admitted++;
                times[i] = Stopwatch.GetElapsedTime(mark).TotalMicroseconds;
            }
        }
        else
        {
            var next = -1;
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < exchanges;)
                {
                    var mark = Stopwatch.GetTimestamp();
                    if (await OneAsync(i)) Interlocked.Increment(ref admitted);
                    times[i] = Stopwatch.GetElapsedTime(mark).TotalMicroseconds;
                }
            })));
        }

        watch.Stop();
        process.Refresh();
        if (admitted != exchanges) throw new WrongAnswerException($"{exchanges - admitted} of {exchanges} exchanges were turned away, but no limit was near.");
        await ledger.StopAsync(CancellationToken.None);
        Array.Sort(times);
        return new Result(times.Average(), times[exchanges / 2], times[(int)(exchanges * 0.99)], (process.TotalProcessorTime - cpu).TotalMicroseconds / exchanges, exchanges / watch.Elapsed.TotalSeconds);

        async ValueTask<bool> OneAsync(int i)
        {
            // 1. Who, 2. which policy, 3. in, 4. out.
            if (tenants.OwnerOf(keys[i % Tenants]) is not { } owner) throw new WrongAnswerException("A key was not found.");
            var policy = book.Resolve(owner.Tenant.Policy, "default", book.ForModel(names[i % Policies]), owner.Key.Policy);
            if (policy.OnFault != FaultAction.Block) throw new WrongAnswerException("The base was weakened.");
            var caller = new LedgerCaller(hashes.OfTenant(owner.Tenant.Name), hashes.OfUser(owner.Tenant.Name, users[i % Users]), owner.Tenant.Limits, owner.Tenant.UserLimits);
            var id = i.ToString(CultureInfo.InvariantCulture);
            var admission = await ledger.AdmitAsync(caller, id);
            if (admission.Standing.InRow > 0) ledger.Clean(caller.TenantKey, caller.UserKey!, admission.IsShared);
            ledger.Leave(caller, id, 500, admission.IsShared);
            return admission is { Limit: 0, Standing.IsShut: false };
        }
    }

    private void Print(string row, Result result)
    {
        output.WriteLine(isJson
            ? string.Create(CultureInfo.InvariantCulture, $$"""{"row":"{{row}}","mean_us":{{result.MeanMicroseconds:0.00}},"p50_us":{{result.P50:0.00}},"p99_us":{{result.P99:0.00}},"cpu_us":{{result.CpuMicroseconds:0.00}},"rps":{{result.Rate:0}}}""")
            : string.Create(CultureInfo.InvariantCulture, $"{row,-6}  mean {result.MeanMicroseconds:0.00} µs, p50 {result.P50:0.00}, p99 {result.P99:0.00}; processor {result.CpuMicroseconds:0.00} µs an exchange; {result.Rate:0}/s"));
    }

    private sealed record Result(double MeanMicroseconds, double P50, double P99, double CpuMicroseconds, double Rate);
}
