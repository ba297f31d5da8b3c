using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Audit.Archive;
using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Audit.Seals;
using Gateway.Audit.Stores;
using Gateway.Audit.Verification;

namespace Gateway.Benchmarks;

/// <summary>
/// The audit trail: entries of 1 KB through journal and chain, to a local Redis, verified, opened again, and found among a million. Each
/// row checks its answer and stands beside the least that the same bytes cost without it.
/// </summary>
internal sealed class AuditRun(AuditOptions options, TextWriter output)
{
    private const int Producers = 64;
    private const int LargeJournalEntries = 1_000_000; // of about 1 KB: 1 GB

    private readonly string _folder = Directory.CreateDirectory(Path.Combine(options.Folder, "gateway-bench-" + Guid.NewGuid().ToString("N"))).FullName;

    public async Task RunAsync()
    {
        try
        {
            if (Wants("journal") || Wants("forwarding") || Wants("verify")) await JournalRowsAsync();
            if (Wants("recovery")) await RecoveryAsync();
            if (Wants("search")) await SearchAsync();
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private bool Wants(string row) => options.Row is null || options.Row == row;

    private async Task JournalRowsAsync()
    {
        var directory = Path.Combine(_folder, "audit");
        await using var journal = await AuditJournal.OpenAsync(directory);
        var each = options.Entries / Producers / 2;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
        {
            for (var index = 0; index < each; index++)
            {
                await journal.AppendAsync(Open($"{producer}-{index}"));
                await journal.AppendAsync(Close($"{producer}-{index}"));
            }
        })));
        watch.Stop();
        var entries = journal.DurableSequence;
        var bytes = Directory.GetFiles(directory, "journal-*").Sum(file => new FileInfo(file).Length);
        Require(entries == (long)each * Producers * 2, "every entry is durable");
        var rate = entries / watch.Elapsed.TotalSeconds;
        if (Wants("journal")) Print("journal", ("records_per_s", rate), ("mb_per_s", bytes / 1e6 / watch.Elapsed.TotalSeconds), ("bytes_per_record", (double)bytes / entries), ("ratio_to_plain_write", rate / PlainWrites(directory, entries)));
        if (Wants("forwarding")) await ForwardAsync(journal, rate);
        if (!Wants("verify")) return;
        watch.Restart();
        var found = JournalVerifier.Verify(directory);
        watch.Stop();
        Require(found.Soundness == JournalSoundness.Sound && found.Entries == entries, "the journal verifies");
        var speed = bytes / 1e6 / watch.Elapsed.TotalSeconds;
        watch.Restart();
        foreach (var file in Directory.GetFiles(directory, "journal-*"))
        {
            using var stream = File.OpenRead(file);
            SHA256.HashData(stream);
        }

        Print("verify", ("mb_per_s", speed), ("ratio_to_sha256_of_the_files", speed / (bytes / 1e6 / watch.Elapsed.TotalSeconds)));
    }

    /// <summary>The same bytes, written and flushed a commit's worth at a time, without chain or queue: records a second.</summary>
    private double PlainWrites(string directory, long entries)
    {
        var watch = Stopwatch.StartNew();
        using var target = new FileStream(Path.Combine(_folder, "plain"), FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var buffer = new byte[Producers * 1024];
        foreach (var file in Directory.GetFiles(directory, "journal-*"))
        {
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            while (source.Read(buffer) is var read and > 0)
            {
                target.Write(buffer.AsSpan(0, read));
                target.Flush(flushToDisk: true);
            }
        }

        return entries / watch.Elapsed.TotalSeconds;
    }

    private async Task ForwardAsync(AuditJournal journal, double journalRate)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        probe.Stop();
        using var redis = Process.Start(new ProcessStartInfo("redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", _folder, "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]) { RedirectStandardOutput = true })!;
        redis.BeginOutputReadLine();
        try
        {
            await using var sink = new RedisAuditSink("127.0.0.1:" + port, TimeProvider.System);
            var forwarder = new AuditForwarder(journal, sink);
            using var stop = new CancellationTokenSource();
            var run = forwarder.RunAsync(stop.Token);
            while (forwarder.ForwardedSequence == 0) await Task.Delay(5);
            var (from, watch) = (forwarder.ForwardedSequence, Stopwatch.StartNew());
            while (forwarder.EntriesBehind > 0) await Task.Delay(5);
            var rate = (journal.DurableSequence - from) / watch.Elapsed.TotalSeconds;
            await stop.CancelAsync();
            await run;
            Require(forwarder.Alarm is null, "no conflict");
            Print("forwarding", ("records_per_s", rate), ("ratio_to_journal", rate / journalRate));
        }
        finally
        {
            redis.Kill();
            await redis.WaitForExitAsync();
        }
    }

    private async Task RecoveryAsync()
    {
        var directory = Path.Combine(_folder, "large");
        long bytes;
        await using (var journal = await AuditJournal.OpenAsync(directory))
        {
            for (var index = 0; index < LargeJournalEntries / 2; index++)
            {
                await journal.EnqueueAsync(Open($"r-{index}"));
                await journal.EnqueueAsync(Close($"r-{index}"));
            }

            await journal.FlushAsync();
        }

        bytes = Directory.GetFiles(directory, "journal-*").Sum(file => new FileInfo(file).Length);
        var watch = Stopwatch.StartNew();
        await using var again = await AuditJournal.OpenAsync(directory);
        watch.Stop();
        Require(again.DurableSequence == LargeJournalEntries / 2 * 2, "every entry is there");
        Print("recovery", ("seconds", watch.Elapsed.TotalSeconds), ("gb", bytes / 1e9), ("seconds_per_gb", watch.Elapsed.TotalSeconds / (bytes / 1e9)));
    }

    private async Task SearchAsync()
    {
        using var store = new DirectoryStore(Path.Combine(_folder, "archive"));
        var master = MasterKey.Mint(Path.Combine(_folder, "master"));
        const string instance = "benchmark";
        var previous = Convert.ToHexStringLower(SHA256.HashData("benchmark"u8));
        using (var archiver = await Archiver.OpenAsync(store, instance, () => SealingKey.OpenOrMint(Path.Combine(_folder, "keys"), master)))
        {
            long sequence = 0;
            var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            for (var index = 0; index < options.Records; index++)
            {
                foreach (var json in Lines(index, start.AddSeconds(index)))
                {
                    sequence++;
                    var bytes = System.Text.Encoding.UTF8.GetBytes($"{{\"seq\":{sequence},\"prevHash\":\"{previous}\",{json}");
                    previous = Convert.ToHexStringLower(SHA256.HashData(bytes));
                    if (archiver.Take(new JournalEntry(sequence, previous, bytes))) await archiver.EndSegmentAsync();
                }
            }

            await archiver.EndSegmentAsync();
        }

        // A new search each time, as a command would begin it; the files are in the system's memory after the first.
        var user = User(options.Records / 2);
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(options.Records / 3);
        var (byUser, users) = await TimeAsync(store, new RecordFilter { Users = [user] });
        var (byTime, times) = await TimeAsync(store, new RecordFilter { From = from, To = from.AddMinutes(1) });
        var (byRisk, risks) = await TimeAsync(store, new RecordFilter { Risk = "violence-obscenity" });
        Require(users == options.Records / 1000 || options.Records < 1000, "by user all are found");
        Require(times == Math.Min(60, options.Records), "by time all are found");
        Require(risks == 100, "by risk the newest hundred are found");
        Print("search", ("records", options.Records), ("by_user_s", byUser), ("by_time_s", byTime), ("by_risk_newest_100_s", byRisk));
    }

    private static async Task<(double Seconds, int Found)> TimeAsync(DirectoryStore store, RecordFilter filter)
    {
        var watch = Stopwatch.StartNew();
        var found = await new RecordSearch(store, null).FindAsync(filter, filter.Risk is null ? 100_000 : 100);
        return (watch.Elapsed.TotalSeconds, found.Count);
    }

    private static string User(int index) => "u_" + Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(index % 1000)))[..32];

    private static IEnumerable<string> Lines(int index, DateTimeOffset time)
    {
        var at = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var open = Open($"s-{index}") with { User = User(index), Request = Direction(index % 100 == 0) };
        yield return $"\"time\":\"{at}\",{JsonSerializer.Serialize(open, JsonSerializerOptions.Web)[1..]}";
        yield return $"\"time\":\"{at}\",{JsonSerializer.Serialize(Close($"s-{index}"), JsonSerializerOptions.Web)[1..]}";
    }

    private static OpenEntry Open(string id) => new()
    {
        Id = id,
        Protocol = "openai",
        Operation = "chat.completions",
        Method = "POST",
        Path = "/v1/chat/completions",
        Model = "model-of-ordinary-name",
        Policy = "default",
        Mode = "enforce",
        PolicyEpoch = "0123456789ab",
        LexiconVersion = "0123456789abcdef",
        ModelVersion = "risk-zh-en@0123456789ab",
        FolderVersion = "2",
        Request = Direction(isFlagged: true),
    };

    private static CloseEntry Close(string id) => new()
    {
        Id = id,
        Outcome = AuditOutcomes.Completed,
        Status = 200,
        Response = Direction(isFlagged: true) with { ProducedChars = 900, DeliveredChars = 900 },
        Timings = new Dictionary<string, double> { ["total"] = 12.345, ["gateway"] = 0.456 },
        Usage = new Dictionary<string, long> { ["prompt_tokens"] = 250, ["completion_tokens"] = 260, ["total_tokens"] = 510 },
        Upstream = "upstream-1",
    };

    private static DirectionRecord Direction(bool isFlagged) => new()
    {
        Action = "allow",
        Detections = isFlagged ? [Detection(3), Detection(70)] : [],
        DetectionCount = isFlagged ? 2 : 0,
        Judged = 1024,
        JudgedFields = 4,
        Digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    };

    private static AuditDetection Detection(int start) => new()
    {
        Risk = "violence-obscenity",
        Start = start,
        Length = 4,
        Score = 0.25f,
        Detector = "keyword",
        Rule = "a1-core-values.tsv:128",
        Tier = "watch",
        Field = "messages[3].content",
    };

    private void Print(string row, params ReadOnlySpan<(string Name, double Value)> values)
    {
        if (options.IsJson)
        {
            var line = new SortedDictionary<string, object>(StringComparer.Ordinal) { ["row"] = row };
            foreach (var (name, value) in values) line[name] = Math.Round(value, 3);
            output.WriteLine(JsonSerializer.Serialize(line));
            return;
        }

        output.Write($"{row,-12}");
        foreach (var (name, value) in values) output.Write(string.Create(CultureInfo.InvariantCulture, $"  {name} {value:#,0.###}"));
        output.WriteLine();
    }

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new WrongAnswerException($"It does not hold that {what}.");
    }
}
