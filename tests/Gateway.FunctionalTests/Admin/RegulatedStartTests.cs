using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Sanctions;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Regulated mode at the start: what nobody approved judges no traffic; only the very first start may take what it finds, and says so.</summary>
[Collection(OneAtATime.Name)]
public sealed class RegulatedStartTests : IDisposable
{
    private const string Reason = """{"reason":"looked at it"}""";

    private readonly TempDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task FirstStart_TakesWhatItFinds_SaysSoAndRecordsIt()
    {
        await using var gateway = await StartAsync("{}");
        var id = await EpochAsync(gateway);

        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);
        Assert.Contains("First start in regulated mode", gateway.Host.Logs, StringComparison.Ordinal);
        Assert.Equal(1, (await gateway.Host.MetricsAsync()).Sum("gateway_epoch_unapproved"));
        await Eventually.TrueAsync(() => Task.FromResult(gateway.Host.Audit.Events("epoch_activated").Count == 1), "the first start is recorded");
        var taken = Assert.Single(gateway.Host.Audit.Events("epoch_activated"));
        Assert.Equal(("first start: nobody had approved anything", id), ((string?)taken["reason"], (string?)taken["facts"]!["epoch"]));

        // Two persons can make up for it.
        Assert.False(await ApproveAsync(gateway, id, "operator"));
        Assert.True(await ApproveAsync(gateway, id, AdminKeysFile.SecondOperator));
        Assert.Equal(0, (await gateway.Host.MetricsAsync()).Sum("gateway_epoch_unapproved"));
    }

    [Fact]
    public async Task LaterStart_WithFilesThatNobodyApproved_RefusesTrafficUntilTwoHave()
    {
        await using (var first = await StartAsync("{}")) Assert.Equal(200, (await first.AskAsync("alice", "Good day.")).Status);
        const string changed = """{"OnBlock":"answer","Answer":"approved"}""";
        await using (var held = await StartAsync(changed, held: true))
        {
            await AssertHeldAsync(held);
            var id = await EpochAsync(held);
            Assert.False(await ApproveAsync(held, id, "operator"));
            Assert.Equal(409, (await AdminKeysFile.CallAsync(held.Host, "operator", "POST", $"/epochs/{id}/approve", Reason)).Status);
            await AssertHeldAsync(held);

            Assert.True(await ApproveAsync(held, id, AdminKeysFile.SecondOperator));
            await Eventually.TrueAsync(async () => (await held.AskAsync("alice", TestLexicon.Block)).Status == 200, "traffic is judged");
            Assert.Equal("approved", (string?)(await held.AskAsync("alice", TestLexicon.Block)).Json["choices"]![0]!["message"]!["content"]);
            await Eventually.TrueAsync(() => Task.FromResult(held.Host.Audit.Events("epoch_activated").Count == 2), "the activation is recorded");
            Assert.Equal("operator, operator2", (string?)held.Host.Audit.Events("epoch_activated")[1]["facts"]!["approvedBy"]);
        }

        // What was approved is not asked for again; what only the first start took does not come back unasked.
        await using (var again = await StartAsync(changed)) Assert.Equal(200, (await again.AskAsync("alice", "Good day.")).Status);
        await using var back = await StartAsync("{}", held: true);
        await AssertHeldAsync(back);
    }

    [Fact]
    public async Task FilesThatChangeWhileTrafficIsRefused_NeedApprovalAsWell()
    {
        await using (await StartAsync("{}")) { }
        await using var held = await StartAsync("""{"OnBlock":"answer"}""", held: true);
        var before = await EpochAsync(held);
        held.Host.Files.Write("policies/default.json", """{"OnBlock":"answer","Answer":"another"}""");
        await Eventually.TrueAsync(async () => await WaitingAsync(held) is { } waiting && waiting != before, "the change waits");
        await AssertHeldAsync(held);
        var id = (await WaitingAsync(held))!;

        await ApproveAsync(held, id, "operator");
        await AssertHeldAsync(held);
        Assert.True(await ApproveAsync(held, id, AdminKeysFile.SecondOperator));
        await Eventually.TrueAsync(async () => (await held.AskAsync("alice", TestLexicon.Block)).Status == 200, "traffic is judged");
        Assert.Equal(id, await EpochAsync(held));
    }

    [Fact]
    public async Task StateThatWasDeleted_MakesNoFirstStart_UnlessSomebodyWroteSo()
    {
        await using (var first = await StartAsync("{}")) Assert.Equal(200, (await first.AskAsync("alice", "Good day.")).Status);
        Directory.Delete(_files["audit"] + "-state", recursive: true);

        await using (var held = await StartAsync("{}", held: true))
        {
            await AssertHeldAsync(held);
            Assert.Contains("This is not a first start", held.Host.Logs, StringComparison.Ordinal);
            await Eventually.TrueAsync(() => Task.FromResult(held.Host.Audit.Events("state_lost").Count == 1), "the loss is recorded");
        }

        await using var again = await StartAsync("{}", held: false, "--Gateway:Admin:FirstStart=Again");
        Assert.Equal(200, (await again.AskAsync("alice", "Good day.")).Status);
        await Eventually.TrueAsync(() => Task.FromResult(again.Host.Audit.Events("state_lost").Count == 2), "the loss is recorded");
        Assert.Equal("true", (string?)again.Host.Audit.Events("state_lost")[1]["facts"]!["taken"]);
    }

    [Fact]
    public async Task Approvals_OnTwoNodesThatShareARedis_CountTogether()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var one = await StartAsync("{}", held: true, "--Gateway:Admin:FirstStart=Approve", "--redis", redis.Endpoint, "--Gateway:Audit:OnUnsafeRedis=Warn");
        using var files = new TempDirectory();
        await using var two = await StartAsync("{}", held: true, "--Gateway:Admin:FirstStart=Approve", "--redis", redis.Endpoint, "--Gateway:Audit:OnUnsafeRedis=Warn", "--audit", files["audit"]);
        var (id, content) = (await EpochAsync(one), (string)(await EpochsAsync(one))["content"]!);
        Assert.Equal(id, await EpochAsync(two));
        Assert.Equal(content[..12], id);

        Assert.False(await ApproveAsync(one, id, "operator"));
        await Eventually.TrueAsync(async () => (await EpochsAsync(two))["approvedBy"]!.AsArray().Count == 1, "the other node hears of it");
        Assert.Equal(409, (await AdminKeysFile.CallAsync(two.Host, "operator", "POST", $"/epochs/{id}/approve", Reason)).Status);
        Assert.True(await ApproveAsync(two, content, AdminKeysFile.SecondOperator));

        await Eventually.TrueAsync(async () => (await one.AskAsync("alice", "Good day.")).Status == 200 && (await two.AskAsync("alice", "Good day.")).Status == 200, "both judge traffic");
    }

    [Fact]
    public async Task FirstStart_ThatIsToBeApproved_RefusesTraffic()
    {
        await using var gateway = await StartAsync("{}", held: true, "--Gateway:Admin:FirstStart=Approve");
        await AssertHeldAsync(gateway);
        var id = await EpochAsync(gateway);

        await ApproveAsync(gateway, id, "operator");
        await ApproveAsync(gateway, id, "admin");

        await Eventually.TrueAsync(async () => (await gateway.AskAsync("alice", "Good day.")).Status == 200, "traffic is judged");
        Assert.StartsWith("ready", await ReadyAsync(gateway), StringComparison.Ordinal);
    }

    private static async Task AssertHeldAsync(UserGateway gateway)
    {
        var exchange = await gateway.AskAsync("alice", "Good day.");
        Assert.Equal((503, "configuration_unapproved"), (exchange.Status, (string?)exchange.Json["error"]!["code"]));
        Assert.Contains("waits for the approval of two persons", await ReadyAsync(gateway), StringComparison.Ordinal);
        Assert.Equal(1, (await gateway.Host.MetricsAsync()).Sum("gateway_epoch_waiting"));
        Assert.Empty(gateway.Stub.Requests);
    }

    private static async Task<string> ReadyAsync(UserGateway gateway)
    {
        using var answer = await gateway.Host.Client.GetAsync(new Uri("/readyz", UriKind.Relative));
        var text = (await Exchange.ReadAsync(answer)).Text;
        Assert.Equal(text.StartsWith("ready", StringComparison.Ordinal) ? 200 : 503, (int)answer.StatusCode);
        return text;
    }

    private async Task<UserGateway> StartAsync(string policy, bool held = false, params string[] arguments)
    {
        if (!File.Exists(_files["master"])) _files.Write("master", Convert.ToBase64String(new byte[32]));
        return await UserGateway.StartAsync(setup => setup with
        {
            Policy = JsonNode.Parse(policy)!.AsObject(),
            AuditDirectory = _files["audit"],
            StartsHeld = held,
            Arguments =
            [
                .. setup.Arguments, "--Gateway:Regulated=true", "--Gateway:Label:Required=false", $"--Gateway:Audit:MasterKey=file:{_files["master"]}", "--Gateway:Reload:PollSeconds=0.05", "--Gateway:Sanctions:Enabled=false",
                $"--Gateway:Admin:KeysFile={_files.Write("keys", AdminKeysFile.Lines)}", .. arguments,
            ],
        });
    }

    private static async Task<string> EpochAsync(UserGateway gateway) => (string)(await EpochsAsync(gateway))["epoch"]!;

    private static async Task<string?> WaitingAsync(UserGateway gateway) => (string?)(await EpochsAsync(gateway))["waiting"]?["epoch"];

    private static async Task<JsonObject> EpochsAsync(UserGateway gateway) => (await AdminKeysFile.CallAsync(gateway.Host, "viewer", "GET", "/epochs")).Json;

    private static async Task<bool> ApproveAsync(UserGateway gateway, string id, string who) =>
        (bool)(await AdminKeysFile.CallAsync(gateway.Host, who, "POST", $"/epochs/{id}/approve", Reason)).Json["approved"]!;
}
