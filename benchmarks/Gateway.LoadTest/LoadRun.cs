using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Inspection.Policies;

namespace Gateway.LoadTest;

/// <summary>
/// Bare YARP and the gateway side by side: short slices take turns, so that whatever else the machine does hits both alike,
/// and medians of the rounds count, so that what hits one slice does not decide.
/// </summary>
internal sealed class LoadRun(LoadOptions options, string folder)
{
    private const int Connections = 32, Terms = 10_000;
    private const double WarmUpSeconds = 2;

    // A process's first load waits for its compiler, which counts calls, not seconds: on a busy machine that takes longer. It is done when it has hardly
    // worked in two slices; what it would take in the rounds has nothing to do with a server that has run for some minutes.
    private const int FirstWarmUpMostSeconds = 80, CalmSlices = 2;
    private const double CalmShare = 0.03;

    // YARP's exchanges count from 1, the gateway's from here: the stub can tell whose a request is.
    private const long GatewayNumbers = 5_000_000_000;

    private readonly HashSet<(int Port, bool Stream)> _warm = [];
    private long _yarpNumber, _gatewayNumber = GatewayNumbers;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        Workload workload = await Workload.LoadAsync(options.Data, options.Seed, Terms, cancellation);
        await using var stub = new StubModelServer(workload);
        stub.GuardFrom(GatewayNumbers);
        WriteConfiguration(workload);
        await using ServerProcess yarp = await StartYarpAsync(stub.Url, cancellation);
        if (!options.Json) Console.WriteLine(LoadRow.TableHead);
        bool sound = true;
        foreach (bool classifier in (bool[])[false, true])
        {
            string suffix = classifier ? "keywords+classifier" : "keywords";
            (string Name, bool Stream)[] rows = [("buffered/" + suffix, false), ("streamed/" + suffix, true)];
            if (!rows.Any(row => options.Wants(row.Name))) continue;
            var gateways = new List<ServerProcess>();
            try
            {
                foreach (string file in (string[])[options.Gateway, .. options.Against])
                    gateways.Add(await StartGatewayAsync(file, stub.Url, classifier, cancellation));
                foreach ((string name, bool stream) in rows.Where(row => options.Wants(row.Name)))
                {
                    foreach (LoadRow row in await MeasureAsync(name, stream, workload, yarp, gateways, cancellation)) sound &= Report(row, stub.Leaked);
                }
            }
            finally
            {
                foreach (ServerProcess gateway in gateways) await gateway.DisposeAsync();
            }
        }

        return sound ? 0 : 1;
    }

    private async Task<IReadOnlyList<LoadRow>> MeasureAsync(
        string name, bool stream, Workload workload, ServerProcess yarp, List<ServerProcess> gateways, CancellationToken cancellation)
    {
        Contender[] contenders =
        [
            new(name, yarp, new Tally(), Connect(workload, yarp.Port, guarded: false, () => Interlocked.Increment(ref _yarpNumber))),
            .. gateways.Select((gateway, i) => new Contender(
                i == 0 ? name : $"{name}@{options.Against[i - 1]}",
                gateway,
                new Tally(),
                Connect(workload, gateway.Port, guarded: true, () => Interlocked.Increment(ref _gatewayNumber)))),
        ];
        try
        {
            foreach (Contender contender in contenders) await WarmUpAsync(contender, stream, cancellation);
            foreach (Contender contender in contenders)
                contender.Tally.BeginMeasuring(await contender.Server.AllocatedBytesAsync(cancellation));
            for (int round = 0; round < (options.Rounds ?? 11); round++)
            {
                foreach (Contender contender in contenders) await SliceAsync(contender, stream, options.SliceSeconds, timed: true, cancellation);
            }

            foreach (Contender contender in contenders)
                contender.Tally.EndMeasuring(await contender.Server.AllocatedBytesAsync(cancellation));
            return [.. contenders.Skip(1).Select(contender => new LoadRow(contender.Name, contenders[0].Tally, contender.Tally))];
        }
        finally
        {
            foreach (LoadConnection connection in contenders.SelectMany(contender => contender.Connections)) connection.Dispose();
        }
    }

    private async Task WarmUpAsync(Contender contender, bool stream, CancellationToken cancellation)
    {
        bool first = _warm.Add((contender.Server.Port, stream));
        double seconds = 0;
        int calm = 0;
        do
        {
            double before = await contender.Server.CompilingSecondsAsync(cancellation);
            await SliceAsync(contender, stream, WarmUpSeconds, timed: false, cancellation);
            double took = await contender.Server.CompilingSecondsAsync(cancellation) - before;
            calm = took < CalmShare * WarmUpSeconds ? calm + 1 : 0;
            seconds += WarmUpSeconds;
        }
        while (first && seconds < FirstWarmUpMostSeconds && calm < CalmSlices);
        if (first) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{contender.Name} on port {contender.Server.Port}: warmed up for {seconds:F0} s"));
    }

    private static LoadConnection[] Connect(Workload workload, int port, bool guarded, Func<long> next) =>
        [.. Enumerable.Range(0, Connections).Select(_ => new LoadConnection(workload, port, guarded, next))];

    private static async Task SliceAsync(Contender contender, bool stream, double seconds, bool timed, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        double server = contender.Server.ProcessorSeconds, own = Environment.CpuUsage.TotalTime.TotalSeconds;
        long deadline = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        Tally[] tallies = await Task.WhenAll(contender.Connections.Select(connection => Task.Run(() => connection.RunAsync(stream, deadline, timed))));
        foreach (Tally tally in tallies) contender.Tally.Add(tally);
        if (!timed) return;
        contender.Tally.EndSlice(
            tallies.Sum(tally => tally.Completed) / seconds, contender.Server.ProcessorSeconds - server, Environment.CpuUsage.TotalTime.TotalSeconds - own);
    }

    private bool Report(LoadRow row, int leaked)
    {
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Name}: {row.Gateway.Completed} exchanges timed through the gateway, {row.Yarp.Completed} through YARP; ratio of the rounds {row.RatioRange.Least:F2} to {row.RatioRange.Most:F2}; processor time an exchange {row.Gateway.ServerMicroseconds:F0} and {row.Yarp.ServerMicroseconds:F0} µs, the load's own {row.Gateway.OwnMicroseconds:F0} and {row.Yarp.OwnMicroseconds:F0} µs; allocated an exchange {row.Gateway.AllocatedBytes:F0} bytes; planted {row.Gateway.Planted}, blocked {row.Gateway.Blocked}; wrong answers {row.Gateway.WrongAnswers} and {row.Yarp.WrongAnswers}"));
        bool sound = row.Gateway.Planted > 0 && row.Gateway.Blocked == row.Gateway.Planted && row.Yarp.Blocked == 0
            && row.Gateway.WrongAnswers == 0 && row.Yarp.WrongAnswers == 0 && leaked == 0;
        if (sound)
        {
            Console.WriteLine(options.Json ? row.ToJson() : row.ToTableLine());
            return true;
        }

        // Speed with wrong answers is no result: the row is not printed.
        Console.Error.WriteLine($"{row.Name}: WRONG. Planted prompts that reached the model server: {leaked}.");
        foreach (string fault in row.Gateway.Faults.Concat(row.Yarp.Faults)) Console.Error.WriteLine("  " + fault);
        return false;
    }

    private void WriteConfiguration(Workload workload)
    {
        Directory.CreateDirectory(Lexicons);
        File.WriteAllLines(Path.Combine(Lexicons, "bench.tsv"), workload.Terms.Select(term => $"{term}\tother-prohibited\tblock"));
        Directory.CreateDirectory(Policies);
        // The classifier judges every text but decides nothing: which answers are blocked is then known exactly.
        // Every label is named, since what a policy leaves out comes from the model.
        var thresholds = new JsonObject();
        foreach (string label in (string[])["any", .. Taxonomy.Default.All])
            thresholds[label] = new JsonObject { ["Block"] = 1, ["Label"] = 1, ["Cut"] = 1 };
        File.WriteAllText(Path.Combine(Policies, "default.json"), new JsonObject { ["Thresholds"] = thresholds }.ToJsonString());
    }

    private string Lexicons => Path.Combine(folder, "lexicons");

    private string Policies => Path.Combine(folder, "policies");

    private static Task<ServerProcess> StartYarpAsync(string upstream, CancellationToken cancellation)
    {
        int port = ServerProcess.FreePort();
        return ServerProcess.StartAsync(Environment.ProcessPath!, ["yarp", $"http://127.0.0.1:{port}", upstream], port, "/", $"http://127.0.0.1:{port}{BareYarp.MetricsPath}", cancellation);
    }

    private Task<ServerProcess> StartGatewayAsync(string file, string upstream, bool classifier, CancellationToken cancellation)
    {
        int port = ServerProcess.FreePort();
        string admin = $"http://127.0.0.1:{ServerProcess.FreePort()}";
        string[] arguments =
        [
            "serve", "--urls", $"http://127.0.0.1:{port}", "--admin-urls", admin,
            "--upstream", upstream, "--audit", Path.Combine(folder, $"audit-{port}"),
            "--lexicons", Lexicons, "--policies", Policies,
        ];
        if (!classifier) arguments = [.. arguments, "--Gateway:Classifier:Enabled=false"];
        return ServerProcess.StartAsync(file, arguments, port, "/readyz", admin + "/metrics", cancellation);
    }

    /// <summary>One of those that take turns.</summary>
    private sealed record Contender(string Name, ServerProcess Server, Tally Tally, LoadConnection[] Connections);
}
