using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.LoadTest;

/// <summary>
/// Paced streams, bare YARP and the gateway (keywords alone) in turns: 200 tokens an answer, 50 events a second each, 1, 32 and 128
/// streams at once, all beginning with the same sentence; then 32 that begin as answers do. Every stream is counted to its end. The row of 32
/// goes on with answer after answer, so that some 1,500 first tokens decide its p99, each beside 31 streams under way.
/// </summary>
internal sealed class StreamRun(LoadOptions options, string folder)
{
    private const int Rounds = 3;

    // An answer takes four seconds, and the last one begins in the first.
    private static readonly TimeSpan AllBegun = TimeSpan.FromSeconds(1.2), InFlight = TimeSpan.FromSeconds(2.2);

    // A stream asks again when its turn comes, not when its answer ends: clients do not wait for one another.
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(4.25);

    private static readonly (string Row, int AtOnce, bool Openings, int Rounds, int Turns)[] Rows =
        [("streams/1", 1, false, Rounds, 0), ("streams/32", 32, false, Rounds, 15), ("streams/128", 128, false, Rounds, 0), ("streams/32/openings", 32, true, Rounds, 0)];

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (!Rows.Any(row => options.Wants(row.Row))) throw new FormatException($"There is no row {options.Only}. Rows: {string.Join(", ", Rows.Select(row => row.Row))}.");
        await using var model = new PacedModelServer();
        int yarpPort = ServerProcess.FreePort();
        await using ServerProcess yarp = await ServerProcess.StartAsync(
            Environment.ProcessPath!, ["yarp", $"http://127.0.0.1:{yarpPort}", model.Url], yarpPort, "/nowhere", $"http://127.0.0.1:{yarpPort}{BareYarp.MetricsPath}", cancellation);
        int port = ServerProcess.FreePort(), admin = ServerProcess.FreePort();
        await using ServerProcess gateway = await ServerProcess.StartAsync(
            options.Gateway,
            [
                "serve", "--urls", $"http://127.0.0.1:{port}", "--admin-urls", $"http://127.0.0.1:{admin}", "--upstream", model.Url,
                "--audit", Path.Combine(folder, "audit"), "--Gateway:Classifier:Enabled=false",
            ],
            port, "/readyz", $"http://127.0.0.1:{admin}/metrics", cancellation);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 256 });
        await Task.WhenAll(MeasureAsync(client, yarp, 32, new StreamSample(), cancellation), MeasureAsync(client, gateway, 32, new StreamSample(), cancellation));
        if (!options.Json) Console.WriteLine("| streams | first token p50/p99 ms (YARP) | event p50/p99 ms (YARP) | added to first token p50/p99 ms | first events that waited (YARP) | bytes allocated an event (YARP; baseline) |\n| --- | --- | --- | --- | --- | --- |");
        bool sound = true;
        foreach ((string row, int streams, bool openings, int rounds, int turns) in Rows)
        {
            if (!options.Wants(row)) continue;
            var (bare, guarded) = (new StreamSample(), new StreamSample());
            model.UsesOpenings = openings;
            for (int round = 0; round < (options.Rounds ?? rounds); round++)
            {
                await MeasureAsync(client, yarp, streams, bare, cancellation);
                await MeasureAsync(client, gateway, streams, guarded, cancellation);
                await GoOnAsync(client, yarp, streams, turns, bare, cancellation);
                await GoOnAsync(client, gateway, streams, turns, guarded, cancellation);
            }

            sound &= Report(row, streams, bare, guarded);
        }

        return sound ? 0 : 1;
    }

    private static async Task MeasureAsync(HttpClient client, ServerProcess server, int streams, StreamSample sample, CancellationToken cancellation)
    {
        // Clients do not all ask in the same instant.
        TimeSpan apart = TimeSpan.FromSeconds(1.0 / streams);
        IEnumerable<Task> running = Enumerable.Range(0, streams).Select(async index =>
        {
            await Task.Delay(apart * index, cancellation);
            await StreamAsync(client, server.Port, sample, cancellation);
        });
        await Task.WhenAll([.. running, WatchAllocationsAsync(server, sample, cancellation)]);
    }

    /// <summary>Answer after answer in each stream, their beginnings spread evenly over the time of one.</summary>
    private static async Task GoOnAsync(HttpClient client, ServerProcess server, int streams, int turns, StreamSample sample, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, streams).Select(async index =>
        {
            for (int turn = 0; turn < turns; turn++)
            {
                TimeSpan ahead = (Turn * turn) + (Turn * index / streams) - Stopwatch.GetElapsedTime(began);
                if (ahead > TimeSpan.Zero) await Task.Delay(ahead, cancellation);
                await StreamAsync(client, server.Port, sample, cancellation);
            }
        }));
    }

    /// <summary>Measures what events allocate after the last stream has begun and before the first one ends.</summary>
    private static async Task WatchAllocationsAsync(ServerProcess server, StreamSample sample, CancellationToken cancellation)
    {
        await Task.Delay(AllBegun, cancellation);
        double before = await server.AllocatedBytesAsync(cancellation) ?? double.NaN;
        int seen = sample.Seen;
        await Task.Delay(InFlight, cancellation);
        sample.Allocated((await server.AllocatedBytesAsync(cancellation) ?? double.NaN) - before, sample.Seen - seen);
    }

    private static async Task StreamAsync(HttpClient client, int port, StreamSample sample, CancellationToken cancellation)
    {
        var events = new List<double>(PacedModelServer.Tokens);
        double first = double.NaN;
        bool isDone = false;
        long began = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1/chat/completions")
        {
            Content = new StringContent("""{"stream":true,"model":"paced","messages":[{"role":"user","content":"How does the harbour begin its day?"}]}""", Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellation);
        byte[] buffer = new byte[64 * 1024];
        int filled = 0;
        while (true)
        {
            int read = await body.ReadAsync(buffer.AsMemory(filled), cancellation);
            if (read == 0) break;
            long now = Stopwatch.GetTimestamp();
            filled += read;
            int taken = 0;
            while (buffer.AsSpan(taken, filled - taken).IndexOf("\n\n"u8) is >= 0 and int length)
            {
                ReadOnlySpan<byte> line = buffer.AsSpan(taken, length);
                taken += length + 2;
                if (line.SequenceEqual("data: [DONE]"u8)) isDone = true;
                if (line.IndexOf("\"content\":"u8) < 0) continue;
                events.Add(Stopwatch.GetElapsedTime(SentAt(line), now).TotalMilliseconds);
                sample.Saw(1);
                if (double.IsNaN(first)) first = Stopwatch.GetElapsedTime(began, now).TotalMilliseconds;
            }

            buffer.AsSpan(taken, filled - taken).CopyTo(buffer);
            filled -= taken;
        }

        sample.Add(first, events, answer.StatusCode == HttpStatusCode.OK && isDone && events.Count == PacedModelServer.Tokens);
    }

    private static long SentAt(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> mark = "\"created\":"u8;
        return System.Buffers.Text.Utf8Parser.TryParse(line[(line.IndexOf(mark) + mark.Length)..], out long stamp, out _) ? stamp : 0;
    }

    private bool Report(string row, int streams, StreamSample bare, StreamSample guarded)
    {
        int baseline = AllocationBaselines.Of(options.Baselines, row);
        bool isWhole = bare.Complete == bare.Streams && guarded.Complete == guarded.Streams;
        bool isFrugal = guarded.AllocatedPerEvent <= baseline;
        bool sound = isWhole && isFrugal;
        if (options.Json)
        {
            Console.WriteLine(new JsonObject
            {
                ["row"] = row,
                ["streams"] = streams,
                ["tokens"] = PacedModelServer.Tokens,
                ["events_per_second"] = PacedModelServer.EventsPerSecond,
                ["first_tokens"] = guarded.Streams,
                ["complete"] = guarded.Complete,
                ["complete_yarp"] = bare.Complete,
                ["ttft_p50_ms"] = Round(guarded.First(0.5)),
                ["ttft_p99_ms"] = Round(guarded.First(0.99)),
                ["ttft_yarp_p50_ms"] = Round(bare.First(0.5)),
                ["ttft_yarp_p99_ms"] = Round(bare.First(0.99)),
                ["event_p50_ms"] = Round(guarded.Event(0.5)),
                ["event_p99_ms"] = Round(guarded.Event(0.99)),
                ["event_yarp_p50_ms"] = Round(bare.Event(0.5)),
                ["event_yarp_p99_ms"] = Round(bare.Event(0.99)),
                ["added_ttft_p50_ms"] = Round(guarded.First(0.5) - bare.First(0.5)),
                ["added_ttft_p99_ms"] = Round(guarded.First(0.99) - bare.First(0.99)),
                ["first_waits_share"] = Round(guarded.LateShare),
                ["first_waits_share_yarp"] = Round(bare.LateShare),
                ["allocated_bytes_per_event"] = Math.Round(guarded.AllocatedPerEvent),
                ["allocated_bytes_per_event_yarp"] = Math.Round(bare.AllocatedPerEvent),
                ["allocated_bytes_per_event_baseline"] = baseline,
                ["sound"] = sound,
            }.ToJsonString());
        }
        else
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {row} | {guarded.First(0.5):0.00}/{guarded.First(0.99):0.00} ({bare.First(0.5):0.00}/{bare.First(0.99):0.00}) | {guarded.Event(0.5):0.00}/{guarded.Event(0.99):0.00} ({bare.Event(0.5):0.00}/{bare.Event(0.99):0.00}) | {guarded.First(0.5) - bare.First(0.5):0.00}/{guarded.First(0.99) - bare.First(0.99):0.00} | {guarded.LateShare:P0} ({bare.LateShare:P0}) | {guarded.AllocatedPerEvent:0} ({bare.AllocatedPerEvent:0}; {baseline}) |"));
        }

        if (!isFrugal) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row}: an event of allowed traffic allocates {guarded.AllocatedPerEvent:0} bytes; the baseline in {options.Baselines} is {baseline}."));
        if (!isWhole) Console.Error.WriteLine($"{row}: {guarded.Streams - guarded.Complete} streams of the gateway and {bare.Streams - bare.Complete} of YARP were not complete.");
        return sound;
    }

    private static double Round(double milliseconds) => Math.Round(milliseconds, 3);
}
