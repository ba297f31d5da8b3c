using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Inspection.Policies;

namespace Gateway.LoadTest;

/// <summary>
/// Bare YARP and the gateway side by side: short slices take turns, so that whatever else the machine does hits both alike.
/// </summary>
internal sealed class LoadRun(LoadOptions options, string folder)
{
    private const int Connections = 32, Terms = 10_000, Slices = 3;
    private const double WarmUpSeconds = 2;

    // A process's first load waits for its compiler, which counts calls, not seconds: on a busy machine that takes longer.
    private const int FirstWarmUpExchanges = 20_000, FirstWarmUpStreams = 2_000, FirstWarmUpMostSeconds = 15;

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
            if (!rows.Any(row => IsWanted(row.Name))) continue;
            await using ServerProcess gateway = await StartGatewayAsync(stub.Url, classifier, cancellation);
            foreach ((string name, bool stream) in rows.Where(row => IsWanted(row.Name)))
                sound &= Report(await MeasureAsync(name, stream, workload, yarp, gateway, cancellation), stub.Leaked);
        }

        return sound ? 0 : 1;
    }

    // Without wildcards: exactly the name, or the first part of it.
    private bool IsWanted(string row) => options.Only.Length == 0 || row == options.Only || row.Split('/')[0] == options.Only;

    private async Task<LoadRow> MeasureAsync(string name, bool stream, Workload workload, ServerProcess yarp, ServerProcess gateway, CancellationToken cancellation)
    {
        LoadConnection[] toYarp = Connect(workload, yarp.Port, guarded: false, () => Interlocked.Increment(ref _yarpNumber));
        LoadConnection[] toGateway = Connect(workload, gateway.Port, guarded: true, () => Interlocked.Increment(ref _gatewayNumber));
        try
        {
            var row = new LoadRow(name, new Tally(), new Tally());
            await WarmUpAsync(toYarp, yarp, row.Yarp, stream, cancellation);
            await WarmUpAsync(toGateway, gateway, row.Gateway, stream, cancellation);
            for (int slice = 0; slice < Slices; slice++)
            {
                await SliceAsync(toYarp, yarp, row.Yarp, stream, options.SliceSeconds, timed: true, cancellation);
                await SliceAsync(toGateway, gateway, row.Gateway, stream, options.SliceSeconds, timed: true, cancellation);
            }

            return row;
        }
        finally
        {
            foreach (LoadConnection connection in toYarp.Concat(toGateway)) connection.Dispose();
        }
    }

    private async Task WarmUpAsync(LoadConnection[] connections, ServerProcess server, Tally total, bool stream, CancellationToken cancellation)
    {
        int before = total.Checked, enough = stream ? FirstWarmUpStreams : FirstWarmUpExchanges;
        bool first = _warm.Add((server.Port, stream));
        double seconds = 0;
        do
        {
            await SliceAsync(connections, server, total, stream, WarmUpSeconds, timed: false, cancellation);
            seconds += WarmUpSeconds;
        }
        while (first && seconds < FirstWarmUpMostSeconds && total.Checked - before < enough);
    }

    private static LoadConnection[] Connect(Workload workload, int port, bool guarded, Func<long> next) =>
        [.. Enumerable.Range(0, Connections).Select(_ => new LoadConnection(workload, port, guarded, next))];

    private static async Task SliceAsync(
        LoadConnection[] connections, ServerProcess server, Tally total, bool stream, double seconds, bool timed, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        double processorBefore = server.ProcessorSeconds;
        long deadline = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        foreach (Tally tally in await Task.WhenAll(connections.Select(connection => Task.Run(() => connection.RunAsync(stream, deadline, timed))))) total.Add(tally);
        if (!timed) return;
        total.Seconds += seconds;
        total.ProcessorSeconds += server.ProcessorSeconds - processorBefore;
    }

    private bool Report(LoadRow row, int leaked)
    {
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Name}: {row.Gateway.Completed} exchanges timed through the gateway, {row.Yarp.Completed} through YARP; processor time an exchange {row.Gateway.ProcessorMicroseconds:F0} and {row.Yarp.ProcessorMicroseconds:F0} µs; planted {row.Gateway.Planted}, blocked {row.Gateway.Blocked}; wrong answers {row.Gateway.WrongAnswers} and {row.Yarp.WrongAnswers}"));
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
        return ServerProcess.StartAsync(Environment.ProcessPath!, ["yarp", $"http://127.0.0.1:{port}", upstream], port, "/", cancellation);
    }

    private Task<ServerProcess> StartGatewayAsync(string upstream, bool classifier, CancellationToken cancellation)
    {
        int port = ServerProcess.FreePort();
        string[] arguments =
        [
            "serve", "--urls", $"http://127.0.0.1:{port}", "--admin-urls", $"http://127.0.0.1:{ServerProcess.FreePort()}",
            "--upstream", upstream, "--audit", Path.Combine(folder, classifier ? "audit-classifier" : "audit"),
            "--lexicons", Lexicons, "--policies", Policies,
        ];
        if (!classifier) arguments = [.. arguments, "--Gateway:Classifier:Enabled=false"];
        return ServerProcess.StartAsync(options.Gateway, arguments, port, "/readyz", cancellation);
    }
}
