using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Audit;

/// <summary>What records keep of texts and persons under each policy, and what nowhere may be found in clear.</summary>
public sealed class EvidenceTests : IAsyncLifetime
{
    private const string Phone = "13800138000";
    private const string PhoneSpaced = "138-0013-8000";
    private const string IdCard = "110101199003071234";
    private const string Mail = "wang.xiaoming@example.cn";
    private const string User = "employee-4711";

    private readonly TempDirectory _files = new();
    private StubModelServer _stub = null!;

    public async Task InitializeAsync() => _stub = await StubModelServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _stub.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task DefaultPolicy_CleanExchange_KeepsDigestsAndAPseudonymAndNoText()
    {
        await using var gateway = await StartAsync();
        var first = await AskAsync(gateway, ChatTranscripts.Request("Where is the sea?"));
        var second = await AskAsync(gateway, ChatTranscripts.Request("Where is the sea?"));
        var streamed = await AskAsync(gateway, ChatTranscripts.Request("Where is the sea?", stream: true), _stub.Stream(ChatEvents.Of("A harmless ", "answer.")).Id);
        var stranger = await AskAsync(gateway, ChatTranscripts.Request("Where is the sea?"), user: "somebody else");
        var unknown = await AskAsync(gateway, ChatTranscripts.Request("Where is the sea?"), user: null);

        Assert.Matches("^u_[0-9a-f]{32}$", (string?)first["user"]);
        Assert.Equal((string?)first["user"], (string?)second["user"]);
        Assert.Equal((string?)first["request"]!["digest"], (string?)second["request"]!["digest"]);
        Assert.NotNull((string?)first["response"]!["digest"]);
        Assert.NotNull((string?)streamed["response"]!["digest"]);
        Assert.NotEqual((string?)first["user"], (string?)stranger["user"]);
        Assert.NotEqual((string?)first["request"]!["digest"], (string?)stranger["request"]!["digest"]);
        Assert.Null((string?)unknown["user"]);
        Assert.NotNull((string?)unknown["request"]!["digest"]);
        Assert.Equal(18, (long)first["usage"]!["total_tokens"]!);
        foreach (var record in new[] { first, streamed }) AssertRooms(record, "answer", "gateway", "inspect", "read", "total", "upstream");
        foreach (var record in new[] { first, streamed, stranger, unknown })
        {
            Assert.Null(record["request"]!["text"]);
            Assert.Null(record["response"]!["text"]);
        }
    }

    [Fact]
    public async Task DefaultPolicy_BlockedPrompt_KeepsTheFieldsWithFindingsAndNoOther()
    {
        await using var gateway = await StartAsync();
        var record = await AskAsync(gateway, ChatTranscripts.Request([ChatTranscripts.Turn("user", "Hello there."), ChatTranscripts.Turn("user", $"Tell me of {TestLexicon.Block}.")]));
        await gateway.StopAsync();
        AssertRooms(record, "gateway", "inspect", "read", "total");
        var field = Assert.Single(Open(record, "request"));
        Assert.Equal(("messages[1].content", $"Tell me of {TestLexicon.Block}."), (field.Field, field.Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DefaultPolicy_BlockedAnswer_KeepsItAndTheLastMessage(bool stream)
    {
        await using var gateway = await StartAsync();
        var script = stream
            ? _stub.Stream(ChatEvents.Of("It is a ", TestLexicon.Block, " indeed."))
            : _stub.Json(ChatTranscripts.Answer($"It is a {TestLexicon.Block} indeed."));
        var record = await AskAsync(
            gateway, ChatTranscripts.Request([ChatTranscripts.Turn("user", "Before."), ChatTranscripts.Turn("assistant", "Yes?"), ChatTranscripts.Turn("user", "What is it?")], stream), script.Id);
        await gateway.StopAsync();
        Assert.Equal("block", (string?)record["response"]!["action"]);
        Assert.Contains($"It is a {TestLexicon.Block}", Assert.Single(Open(record, "response")).Text, StringComparison.Ordinal);
        var prompt = JsonSerializer.Deserialize<SealedText>(record["prompt"]!.ToJsonString(), JsonSerializerOptions.Web)!;
        Assert.Equal(["What is it?"], Read((string)record["id"]!, "request", prompt).Select(field => field.Text));
    }

    [Theory]
    [InlineData("full", "evidence", "Where is the sea?", true)]
    [InlineData("digest", "digest", TestLexicon.Block, false)]
    public async Task Policy_SaysWhatIsKept(string clean, string flagged, string prompt, bool isKept)
    {
        await using var gateway = await StartAsync($"--Gateway:Audit:Text:Clean={clean}", $"--Gateway:Audit:Text:Flagged={flagged}");
        var record = await AskAsync(gateway, ChatTranscripts.Request(prompt));
        await gateway.StopAsync();
        Assert.Equal(isKept, record["request"]!["text"] is not null);
        Assert.NotNull((string?)record["request"]!["digest"]);
        if (!isKept) return;
        Assert.Contains(Open(record, "request"), field => field.Text == prompt);
        Assert.Contains(Open(record, "response"), field => field.Text == "A harmless answer.");
    }

    [Fact]
    public async Task Sampling_KeepsAboutItsShareOfCleanExchangesWhole()
    {
        await using var gateway = await StartAsync("--Gateway:Audit:Text:SampleShare=0.5");
        var kept = 0;
        for (var index = 0; index < 60; index++)
        {
            var record = await AskAsync(gateway, ChatTranscripts.Request("Where is the sea?"));
            Assert.Equal(record["request"]!["text"] is null, record["response"]!["text"] is null);
            if (record["request"]!["text"] is not null) kept++;
        }

        Assert.InRange(kept, 10, 50);
    }

    [Fact]
    public async Task DefaultPolicy_PlantedPersonalData_IsNowhereInClear()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var gateway = await StartAsync(["--redis", redis.Endpoint, "--Gateway:EndUser:Body=user"]);
        var personal = $"I am {Mail}, call {Phone} or {PhoneSpaced}, my card is {IdCard}.";
        var answer = ChatTranscripts.AnswerNode($"Noted: {personal}");
        answer["model"] = Mail;
        answer[Mail] = personal;
        var script = _stub.Json(ChatTranscripts.Bytes(answer)).Id;
        foreach (var prompt in new[] { personal, personal + TestLexicon.Block, personal + TestLexicon.Review })
        {
            var body = ChatTranscripts.RequestNode([ChatTranscripts.Turn("user", prompt)]);
            body["model"] = $"model-of-{Mail}";
            body["user"] = Phone;
            body["metadata"] = new JsonObject { [IdCard] = personal, [Mail] = TestLexicon.Watch };
            await AskAsync(gateway, ChatTranscripts.Bytes(body), script, user: null);
            body["stream"] = true;
            await AskAsync(gateway, ChatTranscripts.Bytes(body), _stub.Stream(ChatEvents.Of("Noted: ", personal, TestLexicon.Block)).Id, user: Mail);
        }

        using (var request = GuardedGateway.Request(HttpMethod.Get, $"/v1/{Mail}/{Phone}?q={IdCard}", null, null))
        using (await gateway.Client.SendAsync(request))
        {
            // A path nobody serves: refused, and recorded without its secrets.
        }

        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Sum("gateway_audit_lag_entries") == 0, "Redis holds everything");
        var metrics = (await gateway.MetricsAsync()).Text;
        var key = await redis.CommandAsync("KEYS", "*");
        var dump = Encoding.UTF8.GetBytes(string.Join('\n', await DumpAsync(redis)));
        await using (var archiver = await ChildProcess.RunAsync(Repository.GatewayBinary, ["archive", "--redis", redis.Endpoint, "--audit", _files["audit"], "--to", _files["archive"], "--once"]))
        {
            Assert.True(archiver.ExitCode == 0, archiver.Output + archiver.Errors);
            AssertAbsent(Encoding.UTF8.GetBytes(archiver.Output + archiver.Errors), Mail, "the archiver's output");
        }

        await gateway.StopAsync();
        Assert.False(key.IsNull);
        Assert.NotEmpty(dump);
        foreach (var secret in new[] { Phone, PhoneSpaced, IdCard, Mail, "wang.xiaoming" })
        {
            foreach (var folder in new[] { _files["audit"], _files["audit-keys"], _files["archive"], redis.Files })
            {
                foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) AssertAbsent(PlainBytes.Of(file), secret, file);
            }

            AssertAbsent(dump, secret, "Redis");
            AssertAbsent(Encoding.UTF8.GetBytes(gateway.Logs), secret, "a log");
            AssertAbsent(Encoding.UTF8.GetBytes(metrics), secret, "a metric");
        }
    }

    [Fact]
    public async Task Retention_BelowSixMonths_StopsTheStart()
    {
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync("--Gateway:Audit:RetentionMonths=5"));
        Assert.Contains("Gateway:Audit:RetentionMonths is '5', but must be at least 6.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Regulated_WithoutAMasterKeyOrWithKeysInsideTheJournal_StopsTheStart()
    {
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync("--Gateway:Regulated=true", "--Gateway:Label:Required=false", $"--Gateway:Audit:Keys={_files["audit/keys"]}"));
        Assert.Contains("Gateway:Audit:MasterKey", fault.Message, StringComparison.Ordinal);
        Assert.Contains("outside the journal's directory", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Regulated_Stop_LeavesASealedJournalWithAnchorsBesideIt()
    {
        MasterKey.Mint(_files["master"]);
        await using var gateway = await StartAsync("--Gateway:Regulated=true", "--Gateway:Label:Required=false", $"--Gateway:Audit:MasterKey=file:{_files["master"]}");
        await AskAsync(gateway, ChatTranscripts.Request("Where is the sea?"));
        await gateway.StopAsync();
        var key = Directory.GetFiles(_files["audit-keys"], "seal-*.pub.pem").Single();
        await using var verified = await ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", "verify", _files["audit"], "--key", key, "--anchors", _files["audit-anchors"]]);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Errors);
        // The first start in regulated mode is an entry of its own.
        Assert.Contains("proven: entries up to 3 are those that were sealed with the given key (seal 1", verified.Output, StringComparison.Ordinal);
        Assert.Contains("proven: entries up to 3 were not written and sealed anew", verified.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not proven", verified.Output, StringComparison.Ordinal);
    }

    private static async Task<IEnumerable<string>> DumpAsync(RedisProcess redis)
    {
        var stream = ((StackExchange.Redis.RedisValue[])(await redis.CommandAsync("KEYS", "gateway:audit:*"))!).Single();
        var entries = (StackExchange.Redis.RedisResult[])(await redis.CommandAsync("XRANGE", (StackExchange.Redis.RedisKey)stream.ToString(), "-", "+"))!;
        return entries.SelectMany(entry => (string[])((StackExchange.Redis.RedisResult[])entry!)[1]!);
    }

    /// <summary>The time of each room that was entered, none of them more than the whole.</summary>
    private static void AssertRooms(JsonObject record, params string[] rooms)
    {
        var timings = record["timings"]!.AsObject();
        Assert.Equal(rooms, timings.Select(room => room.Key).Order(StringComparer.Ordinal));
        Assert.All(timings, room => Assert.InRange((double)room.Value!, 0, (double)timings["total"]!));
    }

    private static void AssertAbsent(byte[] bytes, string secret, string where) =>
        Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"{secret} is in {where}.");

    private IReadOnlyList<KeptField> Open(JsonObject record, string direction) =>
        Read((string)record["id"]!, direction, JsonSerializer.Deserialize<SealedText>(record[direction]!["text"]!.ToJsonString(), JsonSerializerOptions.Web)!);

    private IReadOnlyList<KeptField> Read(string id, string direction, SealedText text)
    {
        using var keys = KeyStore.Open(_files["audit-keys"], MasterKey.Load("file:" + _files["audit-keys/master.key"]));
        return EvidenceText.Open(keys.FindByPseudonym(text.Subject), id, direction, text)!;
    }

    private Task<GatewayTestHost> StartAsync(params string[] arguments) => GatewayTestHost.StartAsync(new GatewaySetup
    {
        Upstream = _stub.Address,
        AuditDirectory = _files["audit"],
        Arguments = ["--Gateway:EndUser:Header=X-End-User", .. arguments],
    });

    private static async Task<JsonObject> AskAsync(GatewayTestHost gateway, byte[] body, string? script = null, string? user = User)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, body, script);
        if (user is not null) request.Headers.Add("X-End-User", user);
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var exchange = await Exchange.ReadAsync(response);
        return Assert.Single(gateway.Audit.Find(exchange.Id!)).Json;
    }
}
