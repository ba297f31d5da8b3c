using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestSupport;
using StackExchange.Redis;

namespace Gateway.FunctionalTests.Audit;

/// <summary>Records from the gateway to the archive and back, through the commands an operator, an auditor and a person use.</summary>
[Collection(Processes.OneAtATime.Name)]
public sealed class KeepingTests : RecordsFixture
{
    [Fact]
    public async Task Archive_FromTheJournal_IsSearchedShownExportedAndVerified()
    {
        string blocked;
        await using (var gateway = await StartAsync())
        {
            for (var index = 0; index < 5; index++) await AskAsync(gateway, "Where is the sea?", "alice");
            blocked = await AskAsync(gateway, $"Tell me of {TestLexicon.Block}.", "bob");
            await gateway.StopAsync();
        }

        await RunAsync(0, "archive", "--audit", Audit, "--to", Archive, "--once");
        Assert.NotEmpty(Directory.GetFiles(Archive, "*.manifest", SearchOption.AllDirectories));
        var key = Directory.GetFiles(Files["audit-keys"], "seal-*.pub.pem").Single();
        Assert.Contains("sound: ", await RunAsync(0, "audit", "verify", Archive, "--key", key), StringComparison.Ordinal);
        Assert.Contains("sound: ", await RunAsync(0, "audit", "verify", Audit, "--key", key), StringComparison.Ordinal);

        // An archived segment is plain gzip and lines that sha256sum can check.
        using (var gzip = new GZipStream(File.OpenRead(Directory.GetFiles(Archive, "*.ndjson.gz", SearchOption.AllDirectories).Single()), CompressionMode.Decompress))
        using (var lines = new StreamReader(gzip))
        {
            var line = (await lines.ReadLineAsync())!;
            Assert.Equal(line[..64], Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(line[65..]))));
        }

        Assert.Equal(6, (await SearchAsync()).Count);
        Assert.Equal(5, (await SearchAsync("--user", "alice")).Count);
        Assert.Equal(blocked, (string)Assert.Single(await SearchAsync("--action", "block"))["id"]!);
        Assert.Equal(blocked, (string)Assert.Single(await SearchAsync("--risk", TestLexicon.BlockRisk))["id"]!);
        Assert.Equal(2, (await SearchAsync("--limit", "2")).Count);
        Assert.Empty(await SearchAsync("--from", "2100-01-01"));
        await RunAsync(2, "audit", "search", "--audit", Audit, "--archive", Archive, "--from", "yesterday");

        // Evidence asks for a reason, and the reason is in the chain before the text is on the screen.
        await RunAsync(2, "audit", "show", blocked, "--audit", Audit, "--archive", Archive, "--decrypt");
        var shown = await RunAsync(0, "audit", "show", blocked, "--audit", Audit, "--archive", Archive, "--decrypt", "--reason", "complaint 12", "--json");
        Assert.Equal($"Tell me of {TestLexicon.Block}.", (string?)JsonNode.Parse(shown)!["requestText"]![0]!["text"]);
        Assert.Contains(Events(), happened => (string?)happened["event"] == "break_glass" && (string?)happened["reason"] == "complaint 12" && (string?)happened["exchange"] == blocked);
        Assert.Single(await SearchAsync("--text", TestLexicon.Block, "--reason", "complaint 12"));
        Assert.Empty(await SearchAsync("--text", "nobody said this", "--reason", "complaint 12"));

        await RunAsync(0, "audit", "export", "--audit", Audit, "--archive", Archive, "--out", Files["export"], "--reason", "inspection");
        Assert.Equal(7, File.ReadAllLines(Files["export/records.csv"]).Length);
        Assert.Contains("6 exchanges", File.ReadAllText(Files["export/summary.html"]), StringComparison.Ordinal);
        Assert.Contains("12 entries belong to segments that were signed by the given key", await RunAsync(0, "audit", "verify", Files["export"], "--key", key), StringComparison.Ordinal);
        var text = File.ReadAllText(Files["export/entries.ndjson"]);
        File.WriteAllText(Files["export/entries.ndjson"], text.Replace("\"status\":200", "\"status\":201", StringComparison.Ordinal));
        Assert.Contains("entries.ndjson: altered", await RunAsync(1, "audit", "verify", Files["export"], "--key", key), StringComparison.Ordinal);

        // Not for audit: what may not be used for training is not in it.
        await RunAsync(0, "audit", "export", "--audit", Audit, "--archive", Archive, "--out", Files["learn"], "--purpose", "training");
        Assert.Empty(File.ReadAllText(Files["learn/records.ndjson"]));
        Assert.Contains(Events(), happened => (string?)happened["event"] == "export");
        Assert.Contains("must be at least 6", await RunAsync(2, "archive", "--audit", Audit, "--to", Archive, "--once", "--retention-months", "5"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archive_FromRedis_TrimsBehindWhatWasReadBackAndTheJournalFollows()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var gateway = await StartAsync("--redis", redis.Endpoint, "--Gateway:Audit:Seal:Seconds=1");
        for (var index = 0; index < 20; index++) await AskAsync(gateway, "Where is the sea?", "alice");
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0, "Redis holds everything");

        var output = await RunAsync(0, "archive", "--redis", redis.Endpoint, "--audit", Audit, "--to", Archive, "--once");
        Assert.Contains("entries 1 to 4", output, StringComparison.Ordinal);
        var key = Assert.Single((RedisValue[])(await redis.CommandAsync("KEYS", "gateway:audit:*"))!).ToString();
        Assert.True((long)await redis.CommandAsync("XLEN", (RedisKey)key) < 5);
        Assert.Contains("sound: ", await RunAsync(0, "audit", "verify", Archive), StringComparison.Ordinal);

        // Redis loses everything: what the archive has not is brought again, and nothing twice.
        await redis.CommandAsync("FLUSHALL");
        for (var index = 0; index < 10; index++) await AskAsync(gateway, "Where is the sea?", "bob");
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0 && (long)await redis.CommandAsync("XLEN", (RedisKey)key) > 0, "Redis is filled again");
        await RunAsync(0, "archive", "--redis", redis.Endpoint, "--audit", Audit, "--to", Archive, "--once");
        Assert.Contains("sound: ", await RunAsync(0, "audit", "verify", Archive), StringComparison.Ordinal);
        Assert.Equal(30, (await SearchAsync("--redis", redis.Endpoint)).Count);

        // A second archiver keeps its hands off while the first one's lease runs.
        await redis.CommandAsync("SET", (RedisKey)key.Replace("audit", "archive", StringComparison.Ordinal), "somebody", "PX", "60000");
        Assert.Contains("another archiver owns its stream", await RunAsync(0, "archive", "--redis", redis.Endpoint, "--audit", Audit, "--to", Archive, "--once"), StringComparison.Ordinal);
        await gateway.StopAsync();
    }

    [Fact]
    public async Task Archive_ToS3_SurvivesItsFaultsAndIsSearchedThere()
    {
        await using var s3 = await S3Server.StartAsync();
        await using (var gateway = await StartAsync())
        {
            for (var index = 0; index < 10; index++) await AskAsync(gateway, "Where is the sea?", "alice");
            await gateway.StopAsync();
        }

        await s3.KillAsync();
        await RunAsync(2, "archive", "--audit", Audit, "--to", s3.Place, "--once");
        Assert.Contains("\"seq\":1,", File.ReadAllText(Directory.GetFiles(Audit, "journal-*").Single()), StringComparison.Ordinal);
        await s3.ResumeAsync();
        await RunAsync(0, "archive", "--audit", Audit, "--to", s3.Place, "--once", "--segment-bytes", "4096");
        await RunAsync(0, "archive", "--audit", Audit, "--to", s3.Place, "--once");
        Assert.Contains("sound: ", await RunAsync(0, "audit", "verify", s3.Place), StringComparison.Ordinal);
        Assert.Equal(10, (await SearchAsync("--archive", s3.Place, "--user", "alice")).Count);
    }

    [Fact]
    public async Task Replay_WithThePinnedVersions_AgreesAndWithOthersSaysSo()
    {
        await using (var gateway = await StartAsync("--Gateway:Audit:Text:Clean=full"))
        {
            foreach (var prompt in new[] { "Where is the sea?", TestLexicon.Block, TestLexicon.Review, $"{TestLexicon.Watch} here", $"{TestLexicon.Review} and {TestLexicon.OtherReview}" })
            {
                await AskAsync(gateway, prompt, "alice");
                await AskAsync(gateway, prompt, "alice", Stub.Json(ChatTranscripts.Answer($"You said {TestLexicon.Review}.")).Id);
            }

            await gateway.StopAsync();
        }

        string[] versions = ["--lexicons", Files["lexicons"], "--policies", Files["policies"], "--no-classifier", "--audit", Audit];
        Assert.StartsWith("10 agree, 0 differ, 0 were", await RunAsync(0, ["audit", "replay", "--reason", "inspection", .. versions]), StringComparison.Ordinal);
        await RunAsync(2, ["audit", "replay", .. versions]);
        File.AppendAllText(Files["lexicons/test.tsv"], $"anotherword\t{TestLexicon.ReviewRisk}\tblock\n");
        Assert.StartsWith("0 agree, 0 differ, 10 were decided by other versions", await RunAsync(0, ["audit", "replay", "--reason", "inspection", .. versions]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_RolesFiltersPagesAndEvidenceWithAReason()
    {
        string[] keys = ["viewer-key", "auditor-key"];
        var file = Files.Write("keys", string.Join('\n', keys.Zip(["viewer", "auditor"]).Select(pair =>
            $"{pair.Second}-anna {pair.Second} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(pair.First)))}")) + "\n");
        await using var gateway = await StartAsync($"--Gateway:Admin:KeysFile={file}");
        for (var index = 0; index < 5; index++) await AskAsync(gateway, "Where is the sea?", "alice");
        var blocked = await AskAsync(gateway, TestLexicon.Block, "bob");

        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/audit/exchanges", null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/audit/exchanges", "wrong")).Status);
        Assert.Equal(6, (await GetAsync("/audit/exchanges", keys[0])).Json["items"]!.AsArray().Count);
        Assert.Equal(blocked, (string?)(await GetAsync("/audit/exchanges?action=block&user=bob", keys[0])).Json["items"]![0]!["id"]);
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync("/audit/exchanges?action=shout", keys[0])).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync("/audit/exchanges?limit=0", keys[0])).Status);
        var (ids, order) = (new List<string>(), new List<string>());
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await GetAsync($"/audit/exchanges?limit=4&cursor={cursor}", keys[0])).Json;
            foreach (var item in page["items"]!.AsArray())
            {
                ids.Add((string)item!["id"]!);
                order.Add(DateTimeOffset.Parse((string)item["time"]!, CultureInfo.InvariantCulture).UtcTicks.ToString("d20", CultureInfo.InvariantCulture) + ids[^1]);
            }

            cursor = (string?)page["next"];
        }

        Assert.Equal(6, ids.Distinct().Count());
        Assert.Equal(6, ids.Count);
        // Newest first; of exchanges of one instant the id decides.
        Assert.Equal(order.OrderDescending(StringComparer.Ordinal), order);
        Assert.Contains(blocked, ids);
        Assert.Equal(blocked, (string?)(await GetAsync($"/audit/exchanges/{blocked}", keys[0])).Json["id"]);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/audit/exchanges/none", keys[0])).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync($"/audit/exchanges/{blocked}?decrypt=true&reason=x", keys[0])).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync($"/audit/exchanges/{blocked}?decrypt=true", keys[1])).Status);
        var evident = (await GetAsync($"/audit/exchanges/{blocked}?decrypt=true&reason=complaint", keys[1])).Json;
        Assert.Equal(TestLexicon.Block, (string?)evident["requestText"]![0]!["text"]);
        Assert.Contains(Events(), happened => (string?)happened["actor"] == "auditor-anna" && (string?)happened["reason"] == "complaint");
        using var data = await gateway.Client.GetAsync(new Uri("/audit/exchanges", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, data.StatusCode);

        async Task<(HttpStatusCode Status, JsonNode Json)> GetAsync(string path, string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
            if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var answer = await gateway.Admin.SendAsync(request);
            return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync())!);
        }
    }

    [Theory]
    [InlineData("maxmemory-policy", "allkeys-lru", "Set maxmemory-policy noeviction.")]
    [InlineData("appendonly", "no", "Set appendonly yes.")]
    public async Task Start_WithARedisThatCanLoseRecords_SaysWhatIsWrongAndRefusesWhereItMust(string setting, string value, string remedy)
    {
        await using var redis = await RedisProcess.StartAsync();
        await redis.CommandAsync("CONFIG", "SET", setting, value);
        await using (var gateway = await StartAsync("--redis", redis.Endpoint))
        {
            await Eventually.TrueAsync(() => gateway.Logs.Contains(remedy, StringComparison.Ordinal), "the log names the remedy");
            Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_audit_redis_unsafe"));
        }

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync("--redis", redis.Endpoint, "--Gateway:Audit:OnUnsafeRedis=Refuse"));
        Assert.Contains(remedy, fault.Message, StringComparison.Ordinal);
    }
}
