using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Sanctions;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Admin;

/// <summary>The admin API: who may do what, that every call is recorded, users, policies and approvals.</summary>
public sealed class AdminApiTests : IDisposable
{
    private const string Suspend = """{"user":"alice","reason":"spam"}""";

    private readonly TempDirectory _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("GET", "/audit/exchanges", null, "viewer operator reviewer auditor admin")]
    [InlineData("GET", "/policies", null, "viewer operator reviewer auditor admin")]
    [InlineData("GET", "/policies/explain", null, "viewer operator reviewer auditor admin")]
    [InlineData("GET", "/policies/default", null, "viewer operator reviewer auditor admin")]
    [InlineData("GET", "/tenants", null, "viewer operator reviewer auditor admin")]
    [InlineData("GET", "/epochs", null, "viewer operator reviewer auditor admin")]
    [InlineData("GET", "/users/standing?user=alice", null, "viewer operator reviewer auditor admin")]
    [InlineData("PUT", "/policies/next?candidate=true", "{}", "operator admin")]
    [InlineData("POST", "/users/suspend", Suspend, "operator reviewer admin")]
    [InlineData("POST", "/users/lift", Suspend, "operator reviewer admin")]
    [InlineData("POST", "/users/terminate", Suspend, "admin")]
    public async Task Roles_MayWhatTheTableSays_AndEveryCallIsRecorded(string method, string path, string? body, string roles)
    {
        await using var gateway = await StartAsync();
        string[] all = ["viewer", "operator", "reviewer", "auditor", "admin"];

        foreach (var role in all)
        {
            var exchange = await AdminKeysFile.CallAsync(gateway.Host, role, method, path, body);
            Assert.True(exchange.Status == 403 != roles.Split(' ').Contains(role), $"{role}: {exchange.Status} {exchange.Text}");
        }

        Assert.Equal(401, (await AdminKeysFile.CallAsync(gateway.Host, "nobody", method, path, body)).Status);
        var calls = gateway.Host.Audit.Events("admin_call");
        Assert.Equal([.. all, "unknown"], calls.Select(call => (string?)call["actor"]));
        Assert.Equal(all.Select(role => roles.Split(' ').Contains(role) ? "allowed" : "forbidden").Append("unauthorized"), calls.Select(call => (string?)call["facts"]!["result"]));
        Assert.All(calls, call => Assert.StartsWith(method, (string?)call["facts"]!["call"], StringComparison.Ordinal));
        Assert.DoesNotContain("alice", string.Concat(calls.Select(call => call.ToJsonString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Description_NamesEveryOperation()
    {
        await using var gateway = await StartAsync();

        var description = (await AdminKeysFile.CallAsync(gateway.Host, null, "GET", "/openapi.json")).Json;

        Assert.Equal("3.1.0", (string?)description["openapi"]);
        var paths = description["paths"]!.AsObject().Select(pair => pair.Key).ToArray();
        Assert.Superset(new HashSet<string> { "/audit/exchanges", "/audit/exchanges/{id}", "/policies", "/policies/{name}", "/policies/explain", "/tenants", "/epochs", "/epochs/{id}/approve", "/users/standing", "/users/suspend", "/users/lift", "/users/appeal", "/users/appeal/decide" }, paths.ToHashSet());
    }

    [Fact]
    public async Task Row09_ManualMeasures_AppealAndLift_AreCarriedOutAndRecorded()
    {
        await using var gateway = await StartAsync();

        Assert.Equal("suspended", (string?)(await CallAsync(gateway, "operator", "/users/suspend", """{"user":"alice","reason":"complaint 7","minutes":30}""")).Json["state"]);
        UserGateway.AssertSuspended(await gateway.AskAsync("alice", "Good day."));
        Assert.Equal(409, (await CallAsync(gateway, "reviewer", "/users/appeal/decide", """{"user":"alice","grant":true,"reason":"x"}""")).Status);
        Assert.Equal("it was my cat", (string?)(await CallAsync(gateway, "operator", "/users/appeal", """{"user":"alice","reason":"it was my cat"}""")).Json["appeal"]);
        var rejected = (await CallAsync(gateway, "reviewer", "/users/appeal/decide", """{"user":"alice","grant":false,"reason":"cats do not type"}""")).Json;
        Assert.Equal(("suspended", null), ((string?)rejected["state"], (string?)rejected["appeal"]));
        await CallAsync(gateway, "operator", "/users/appeal", """{"user":"alice","reason":"it was, really"}""");
        Assert.Equal("none", (string?)(await CallAsync(gateway, "reviewer", "/users/appeal/decide", """{"user":"alice","grant":true,"reason":"believed"}""")).Json["state"]);
        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);
        Assert.Equal("terminated", (string?)(await CallAsync(gateway, "admin", "/users/terminate", """{"user":"alice","reason":"enough"}""")).Json["state"]);
        var shut = await gateway.AskAsync("alice", "Good day.");
        Assert.Equal((403, "user_terminated"), (shut.Status, (string?)shut.Json["error"]!["code"]));
        Assert.Equal("none", (string?)(await CallAsync(gateway, "operator", "/users/lift", """{"user":"alice","reason":"amnesty"}""")).Json["state"]);
        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);

        Assert.Equal(["complaint 7", "appeal rejected: cats do not type"], gateway.Host.Audit.Events("user_suspended").Select(happened => (string?)happened["reason"]));
        Assert.Equal([("reviewer", "believed"), ("operator", "amnesty")], gateway.Host.Audit.Events("user_lifted").Select(happened => ((string?)happened["actor"], (string?)happened["reason"])));
        Assert.Equal(2, gateway.Host.Audit.Events("user_appealed").Count);
        Assert.Equal(400, (await CallAsync(gateway, "operator", "/users/lift", """{"user":"alice"}""")).Status);
    }

    [Fact]
    public async Task Policy_PutInPlace_ComesIntoForce_ABadOneIsRefusedWithItsFaults()
    {
        await using var gateway = await StartAsync();
        var before = (string?)(await AdminKeysFile.CallAsync(gateway.Host, "viewer", "GET", "/epochs")).Json["epoch"];

        var bad = await AdminKeysFile.CallAsync(gateway.Host, "operator", "PUT", "/policies/default", """{"OnBlok":"answer"}""");
        Assert.Equal(400, bad.Status);
        Assert.Contains("Did you mean 'OnBlock'?", bad.Text, StringComparison.Ordinal);
        Assert.Equal(202, (await AdminKeysFile.CallAsync(gateway.Host, "operator", "PUT", "/policies/default", """{"OnBlock":"answer","Answer":"another way"}""")).Status);
        await Eventually.TrueAsync(async () => (string?)(await AdminKeysFile.CallAsync(gateway.Host, "viewer", "GET", "/epochs")).Json["epoch"] != before, "the policy is in force");

        Assert.Equal("another way", (string?)(await gateway.AskAsync("alice", TestLexicon.Block)).Json["choices"]![0]!["message"]!["content"]);
        var explained = (await AdminKeysFile.CallAsync(gateway.Host, "viewer", "GET", "/policies/explain?model=m")).Json;
        Assert.Equal("default.json (default)", (string?)explained["values"]!["Answer"]!["source"]);
        Assert.Single(gateway.Host.Audit.Events("epoch_activated"));
        Assert.Equal(400, (await AdminKeysFile.CallAsync(gateway.Host, "operator", "PUT", "/policies/..%2Fescape", "{}")).Status);
    }

    [Fact]
    public async Task Row42_RegulatedMode_ChangesWaitForTwoPersons()
    {
        await using var gateway = await StartAsync("--Gateway:Regulated=true", "--Gateway:Label:Required=false", $"--Gateway:Audit:MasterKey=file:{_keys.Write("master", Convert.ToBase64String(new byte[32]))}", "--Gateway:Reload:PollSeconds=0.05");
        var before = await EpochsAsync(gateway);
        File.WriteAllText(gateway.Host.Files["policies/default.json"], """{"OnBlock":"answer","Answer":"approved"}""");
        await Eventually.TrueAsync(async () => (await EpochsAsync(gateway))["waiting"] is not null, "the change waits");
        var id = (string)(await EpochsAsync(gateway))["waiting"]!["epoch"]!;
        Assert.Equal(1, (await gateway.Host.MetricsAsync()).Sum("gateway_epoch_waiting"));

        Assert.Equal(403, (await CallAsync(gateway, "viewer", $"/epochs/{id}/approve", """{"reason":"looked at it"}""")).Status);
        Assert.False((bool)(await CallAsync(gateway, "operator", $"/epochs/{id}/approve", """{"reason":"looked at it"}""")).Json["approved"]!);
        Assert.Equal(409, (await CallAsync(gateway, "operator", $"/epochs/{id}/approve", """{"reason":"looked at it again"}""")).Status);
        Assert.Equal(404, (await CallAsync(gateway, "admin", "/epochs/000000000000/approve", """{"reason":"guess"}""")).Status);
        Assert.Equal(400, (await gateway.AskAsync("alice", TestLexicon.Block)).Status);
        Assert.Equal((string?)before["epoch"], (string?)(await EpochsAsync(gateway))["epoch"]);
        Assert.True((bool)(await CallAsync(gateway, AdminKeysFile.SecondOperator, $"/epochs/{id}/approve", """{"reason":"tests pass"}""")).Json["approved"]!);
        await Eventually.TrueAsync(async () => (string?)(await EpochsAsync(gateway))["epoch"] == id, "the change is in force");

        Assert.Equal("approved", (string?)(await gateway.AskAsync("alice", TestLexicon.Block)).Json["choices"]![0]!["message"]!["content"]);
        await Eventually.TrueAsync(() => Task.FromResult(gateway.Host.Audit.Events("epoch_activated").Count == 2), "the activation is recorded");
        Assert.Equal("operator, operator2", (string?)gateway.Host.Audit.Events("epoch_activated")[1]["facts"]!["approvedBy"]);
        Assert.Equal(["looked at it", "looked at it again", "tests pass"], gateway.Host.Audit.Events("epoch_approved").Select(happened => (string?)happened["reason"]));
    }

    private async Task<UserGateway> StartAsync(params string[] arguments) => await UserGateway.StartAsync(setup => setup with
    {
        Arguments = [.. setup.Arguments, $"--Gateway:Admin:KeysFile={_keys.Write("keys", AdminKeysFile.Lines)}", .. arguments],
    });

    private static Task<Exchange> CallAsync(UserGateway gateway, string who, string path, string body) => AdminKeysFile.CallAsync(gateway.Host, who, "POST", path, body);

    private static async Task<JsonObject> EpochsAsync(UserGateway gateway) => (await AdminKeysFile.CallAsync(gateway.Host, "viewer", "GET", "/epochs")).Json;
}
