using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Sanctions;
using Gateway.FunctionalTests.Support;
using Gateway.FunctionalTests.Tenants;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Row 9: who is under a measure, on one node and over Redis, in the API and on the command line.</summary>
public sealed class UserListTests : IDisposable
{
    private readonly TempDirectory _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row09_UsersUnderAMeasure_AreListedPageByPage(bool isShared)
    {
        await using var redis = isShared ? await RedisProcess.StartAsync() : null;
        await using var gateway = await StartAsync(redis);
        await using var asked = isShared ? await StartAsync(redis) : null;
        for (var i = 0; i < 5; i++) await CallAsync(gateway, "operator", "POST", "/users/suspend", $$"""{"user":"user-{{i}}","tenant":"t{{i % 2}}","reason":"case {{i}}","minutes":{{10 + i}}}""");
        await CallAsync(gateway, "admin", "POST", "/users/terminate", """{"user":"gone","reason":"enough"}""");
        await gateway.PlayAsync("alice", "bb");
        await gateway.PlayAsync("bob", "b");
        await CallAsync(gateway, "operator", "POST", "/users/lift", """{"user":"user-4","tenant":"t0","reason":"a mistake"}""");

        // Those limited and worse, whoever decided, whichever node is asked: 4 suspended, 1 terminated, 1 limited.
        var (pages, all) = await ReadAsync(asked ?? gateway, "/users?limit=2");
        Assert.Equal(3, pages);
        Assert.Equal(["case 0", "case 1", "case 2", "case 3", "enough", "2 blocked prompts in a row"], all.Select(user => (string)user["reason"]!).OrderBy(reason => reason[0] switch { 'c' => "a" + reason, 'e' => "b", _ => "c" }));
        Assert.All(all, user => Assert.StartsWith("u_", (string?)user["user"], StringComparison.Ordinal));
        Assert.Equal(["t0", "t0", "t1", "t1"], all.Where(user => (string?)user["state"] == "suspended").Select(user => (string)user["tenant"]!).Order());
        Assert.Equal(("terminated", null, "admin"), all.Where(user => (string?)user["reason"] == "enough").Select(user => ((string?)user["state"], (string?)user["until"], (string?)user["actor"])).Single());
        Assert.Equal(2, (await ReadAsync(gateway, "/users?state=suspended&tenant=t1")).Users.Count);
        Assert.Equal("gateway", (string?)Assert.Single((await ReadAsync(gateway, "/users?state=limited")).Users)["actor"]);
        Assert.DoesNotContain("alice", string.Concat(all.Select(user => user.ToJsonString())), StringComparison.Ordinal);
        foreach (var wrong in new[] { "state=odd", "state=", "limit=0", "limit=1001" }) Assert.True((await CallAsync(gateway, "viewer", "GET", "/users?" + wrong)).Status == (wrong == "state=" ? 200 : 400), wrong);

        // Whom the list shows can be lifted by what it shows: nobody needs to know the name.
        var first = all.First(user => (string?)user["reason"] == "case 1");
        Assert.Equal("none", (string?)(await CallAsync(asked ?? gateway, "operator", "POST", "/users/lift", new JsonObject { ["user"] = (string?)first["user"], ["tenant"] = "t1", ["reason"] = "by pseudonym" }.ToJsonString())).Json["state"]);
        var second = all.First(user => (string?)user["reason"] == "case 3");
        Assert.Equal("none", (string?)(await CallAsync(gateway, "operator", "POST", "/users/lift", new JsonObject { ["user"] = (string?)second["id"], ["tenant"] = "t1", ["reason"] = "by id" }.ToJsonString())).Json["state"]);
        Assert.Empty((await ReadAsync(gateway, "/users?state=suspended&tenant=t1")).Users);
        var lifted = (asked ?? gateway).Host.Audit.Events("user_lifted").Concat(asked is null ? [] : gateway.Host.Audit.Events("user_lifted")).ToList();
        Assert.Contains(lifted, happened => ((string?)happened["reason"], (string?)happened["actor"], (string?)happened["subject"]) == ("by pseudonym", "operator", (string?)first["user"]));
    }

    [Fact]
    public async Task Row09_WithRedisAway_TheListSaysSo()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var gateway = await StartAsync(redis);
        await redis.StopAsync();

        await Eventually.TrueAsync(async () => (await CallAsync(gateway, "viewer", "GET", "/users")).Status == 503, "the list is not there");
        Assert.Equal(503, (await CallAsync(gateway, "operator", "POST", "/users/suspend", """{"user":"alice","reason":"x"}""")).Status);
    }

    [Fact]
    public async Task Row09_CommandLine_Appeals_AreListedAcceptedAndRefused_OnRecord()
    {
        await using var gateway = await StartAsync(null);
        var admin = gateway.Host.Admin.BaseAddress!.ToString();
        var keyFile = _keys.Write("reviewer-key", "key-of-reviewer\n");
        foreach (var user in (string[])["alice", "bob", "carol"]) await CallAsync(gateway, "operator", "POST", "/users/suspend", $$"""{"user":"{{user}}","reason":"case"}""");
        foreach (var user in (string[])["alice", "bob"]) await CallAsync(gateway, "operator", "POST", "/users/appeal", $$"""{"user":"{{user}}","reason":"it was homework"}""");

        // Whoever appeals is listed, with what they say; carol does not.
        var listed = await RunAsync("list");
        Assert.Equal((0, 2), (listed.Code, listed.Users.Count));
        Assert.All(listed.Users, user => Assert.Equal("it was homework", (string?)user["appeal"]));

        var accepted = await RunAsync("accept", "alice", "--reason", "it was");
        Assert.Equal((0, "none"), (accepted.Code, (string?)Assert.Single(accepted.Users)["state"]));
        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);
        var refused = await RunAsync("refuse", "bob", "--reason", "it was not");
        Assert.Equal((0, "suspended", null), (refused.Code, (string?)Assert.Single(refused.Users)["state"], (string?)refused.Users[0]["appeal"]));
        UserGateway.AssertSuspended(await gateway.AskAsync("bob", "Good day."));
        Assert.Empty((await RunAsync("list")).Users);
        Assert.NotEqual(0, (await RunAsync("accept", "carol", "--reason", "nothing was said")).Code);
        Assert.NotEqual(0, (await RunAsync("refuse", "bob")).Code);

        var decided = gateway.Host.Audit.Events("appeal_decided");
        Assert.Equal([("granted", "it was", "reviewer"), ("rejected", "it was not", "reviewer")], decided.Select(happened => ((string?)happened["facts"]!["outcome"], (string?)happened["reason"], (string?)happened["actor"])));
        Assert.All(decided, happened => Assert.StartsWith("u_", (string?)happened["subject"], StringComparison.Ordinal));

        async Task<(int Code, List<JsonNode> Users)> RunAsync(params string[] arguments)
        {
            await using var run = await ChildProcess.RunAsync(Repository.GatewayBinary, ["user", "appeals", .. arguments, "--admin", admin, "--key-file", keyFile, "--json"]);
            return (run.ExitCode, [.. run.Output.Split('\n').Where(text => text.StartsWith('{')).Select(text => JsonNode.Parse(text)!)]);
        }
    }

    [Fact]
    public async Task Row09_CommandLine_ListsShowsSuspendsAndLifts_WithActorAndReason()
    {
        await using var gateway = await StartAsync(null);
        var admin = gateway.Host.Admin.BaseAddress!.ToString();
        var keyFile = _keys.Write("operator-key", "key-of-operator\n");

        Assert.Equal((0, "suspended"), await RunAsync("suspend", "alice", "--reason", "complaint 12", "--minutes", "30"));
        UserGateway.AssertSuspended(await gateway.AskAsync("alice", "Good day."));
        var (code, listed) = await RunAsync("list", "--state", "suspended");
        Assert.Equal((0, "suspended"), (code, listed));
        Assert.Equal((0, "suspended"), await RunAsync("show", "alice"));
        Assert.NotEqual(0, (await RunAsync("lift", "alice")).Code);
        UserGateway.AssertSuspended(await gateway.AskAsync("alice", "Good day."));
        Assert.Equal((0, "none"), await RunAsync("lift", "alice", "--reason", "cleared up"));
        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);
        Assert.Equal((0, null), await RunAsync("list"));
        Assert.Equal((2, null), await RunAsync("terminate", "alice", "--reason", "not for operators"));

        Assert.Equal(("operator", "complaint 12"), Of("user_suspended"));
        Assert.Equal(("operator", "cleared up"), Of("user_lifted"));

        async Task<(int Code, string? State)> RunAsync(params string[] arguments)
        {
            await using var run = await ChildProcess.RunAsync(Repository.GatewayBinary, ["user", .. arguments, "--admin", admin, "--key-file", keyFile, "--json"]);
            var line = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).SingleOrDefault(text => text.StartsWith('{'));
            return (run.ExitCode, line is null ? null : (string?)JsonNode.Parse(line)!["state"]);
        }

        (string?, string?) Of(string name) => gateway.Host.Audit.Events(name).Select(happened => ((string?)happened["actor"], (string?)happened["reason"])).Single();
    }

    [Fact]
    public async Task Row09_ExemptOperations_AreHeldToMeasuresAndLimitsToo()
    {
        await using var gateway = await StartAsync(null);
        await gateway.PlayAsync("alice", "bbb");

        Assert.Equal((403, "user_suspended"), await ModelsAsync("alice"));
        Assert.Equal((200, null), await ModelsAsync("bob"));

        await using var limited = await UserGateway.StartAsync(setup => setup with
        {
            Arguments = [],
            Tenants = new JsonObject { ["acme"] = TenantFile.Tenant(("Keys", TenantFile.Keys(TenantFile.Key("k"))), ("Limits", new JsonObject { ["RequestsPerMinute"] = 1_000_000, ["Concurrency"] = 1 })) },
        });
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        limited.Stub.Fallback = async call =>
        {
            entered.TrySetResult();
            await goOn.Task;
            await call.AnswerAsync("{\"data\":[]}"u8.ToArray());
        };
        var first = AskAsync(limited, request => request.Headers.Add("Authorization", "Bearer " + TenantFile.KeyOf("k")));
        await entered.Task.WaitAsync(Eventually.Patience);
        Assert.Equal(429, (await AskAsync(limited, request => request.Headers.Add("Authorization", "Bearer " + TenantFile.KeyOf("k")))).Status);
        goOn.SetResult();
        Assert.Equal(200, (await first).Status);

        async Task<(int, string?)> ModelsAsync(string user)
        {
            gateway.Stub.Fallback = call => call.AnswerAsync("{\"data\":[]}"u8.ToArray());
            var exchange = await AskAsync(gateway, request => request.Headers.Add(UserGateway.Header, user));
            return (exchange.Status, (string?)exchange.Json["error"]?["code"]);
        }

        static async Task<Exchange> AskAsync(UserGateway gateway, Action<HttpRequestMessage> adjust)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            adjust(request);
            using var response = await gateway.Host.Client.SendAsync(request);
            return await Exchange.ReadAsync(response);
        }
    }

    private Task<UserGateway> StartAsync(RedisProcess? redis) => UserGateway.StartAsync(setup => setup with
    {
        Redis = redis?.Endpoint,
        Arguments = [.. setup.Arguments, $"--Gateway:Admin:KeysFile={_keys.Write("keys", AdminKeysFile.Lines)}"],
    });

    private static Task<Exchange> CallAsync(UserGateway gateway, string who, string method, string path, string? body = null) => AdminKeysFile.CallAsync(gateway.Host, who, method, path, body);

    private static async Task<(int Pages, List<JsonObject> Users)> ReadAsync(UserGateway gateway, string path)
    {
        var (pages, users) = (0, new List<JsonObject>());
        for (string? next = null; pages == 0 || next is not null; pages++)
        {
            var page = (await CallAsync(gateway, "viewer", "GET", path + (next is null ? "" : "&cursor=" + Uri.EscapeDataString(next)))).Json;
            users.AddRange(page["items"]!.AsArray().Select(user => user!.AsObject()));
            next = (string?)page["next"];
        }

        return (pages, users);
    }
}
