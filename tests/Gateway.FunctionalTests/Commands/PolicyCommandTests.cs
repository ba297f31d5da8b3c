using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Tenants;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Commands;

/// <summary><c>gateway policy check|explain|replay</c> and <c>gateway tenant key</c>, as an operator calls them.</summary>
[Collection(OneAtATime.Name)]
public sealed class PolicyCommandTests : IDisposable
{
    private readonly TempDirectory _files = new();

    public PolicyCommandTests()
    {
        _files.Write("p/base.json", """{"Mode":"Enforce"}""");
        _files.Write("p/default.json", """{"Mode":"Monitor","OnBlock":"answer"}""");
        _files.Write("p/acme.json", """{"OnBlock":"error","OnMedia":"Block"}""");
        _files.Write("p/small.json", """{"Models":["tiny-*"],"OnMedia":"Allow"}""");
        _files.Write("lax.json", """{"Tiers":{"any":{"block":"Label"}}}""");
        _files.Write("l/test.tsv", TestLexicon.Lines);
        _files.Write("tenants.json", new JsonObject { ["acme"] = TenantFile.Tenant(("Policy", "acme"), ("Keys", TenantFile.Keys(TenantFile.Key("k1")))) }.ToJsonString());
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Check_SaysWhatTheBaseOverrules_AndWhatAGatewayWouldRefuse()
    {
        await using var good = await RunAsync("check", _files["p"], "--tenants", _files["tenants.json"]);
        _files.Write("p/bad.json", """{"Exteds":"acme"}""");
        await using var bad = await RunAsync("check", _files["p"]);
        await using var missing = await RunAsync("check", _files["nowhere"]);

        Assert.Equal((0, 1, 2), (good.ExitCode, bad.ExitCode, missing.ExitCode));
        Assert.Contains("default.json:1: Mode: base.json prevails with Enforce over Monitor of default.json", good.Output, StringComparison.Ordinal);
        Assert.Contains("bad.json:1: unknown key 'Exteds'. Did you mean 'Extends'?", bad.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_SaysWhereEachValueComesFrom()
    {
        await using var json = await RunAsync("explain", "--policies", _files["p"], "--tenants", _files["tenants.json"], "--tenant", "acme", "--model", "tiny-1", "--key", "k1", "--json");
        await using var text = await RunAsync("explain", "--policies", _files["p"], "--tenants", _files["tenants.json"], "--key", "k1");
        await using var unknown = await RunAsync("explain", "--policies", _files["p"], "--tenant", "nobody");

        Assert.Equal((0, 0, 2), (json.ExitCode, text.ExitCode, unknown.ExitCode));
        var explained = JsonNode.Parse(json.Output)!;
        Assert.Equal("default+acme+small", (string?)explained["policy"]);
        Assert.Equal(("Enforce", "base.json (base)", "Monitor of default.json"), ((string?)explained["values"]!["Mode"]!["value"], (string?)explained["values"]!["Mode"]!["source"], (string?)explained["values"]!["Mode"]!["overruled"]));
        Assert.Equal(("Allow", "small.json (model)"), ((string?)explained["values"]!["OnMedia"]!["value"], (string?)explained["values"]!["OnMedia"]!["source"]));
        Assert.Contains("OnMedia", text.Output, StringComparison.Ordinal);
        Assert.Contains("acme.json (tenant)", text.Output, StringComparison.Ordinal);
        Assert.Contains("'nobody'", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_OfAFile_PrintsWhatDiffers()
    {
        _files.Write("texts.jsonl", $$"""{"text":"{{TestLexicon.Block}}"}""" + "\n" + """{"text":"Good day.","side":"response"}""" + "\n");

        await using var differs = await RunAsync("replay", _files["texts.jsonl"], "--policy", _files["lax.json"], "--policies", _files["p"], "--lexicons", _files["l"], "--no-classifier");
        await using var same = await RunAsync("replay", _files["texts.jsonl"], "--policy", "acme", "--policies", _files["p"], "--lexicons", _files["l"], "--no-classifier");

        Assert.True((differs.ExitCode, same.ExitCode) == (1, 0), differs.Output + differs.Errors + same.Output + same.Errors);
        Assert.Contains("line 1 (prompt): block → label", differs.Output, StringComparison.Ordinal);
        Assert.Contains("1 the same, 1 differ (0 stricter, 1 laxer)", differs.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_OfAnAuditDirectory_JudgesKeptEvidence()
    {
        string? id;
        await using (var stub = await StubModelServer.StartAsync())
        await using (var host = await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = stub.Address, AuditDirectory = _files["audit"] }))
        {
            using var request = Support.GuardedGateway.Request(HttpMethod.Post, Support.GuardedGateway.ChatPath, ChatTranscripts.Request(TestLexicon.Block), null);
            using var response = await host.Client.SendAsync(request);
            id = (await Support.Exchange.ReadAsync(response)).Id;
        }

        await using var replay = await RunAsync("replay", _files["audit"], "--policy", _files["lax.json"], "--policies", _files["p"], "--lexicons", _files["l"], "--no-classifier", "--reason", "policy trial");

        Assert.True(replay.ExitCode == 1, replay.Output + replay.Errors);
        Assert.Contains($"{id} request (prompt): block → label", replay.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TenantKey_IsMadeOnce_WithTheLineForTheFile()
    {
        await using var made = await ChildProcess.RunAsync(Repository.GatewayBinary, ["tenant", "key", "acme-2"]);

        Assert.Equal(0, made.ExitCode);
        var line = JsonNode.Parse(made.Errors)!;
        Assert.Equal("acme-2", (string?)line["Id"]);
        Assert.Equal(Gateway.Tenants.TenantBook.HashOf(System.Text.Encoding.UTF8.GetBytes(made.Output.Trim()), null), (string?)line["Hash"]);
    }

    private static Task<ChildProcess> RunAsync(params string[] arguments) => ChildProcess.RunAsync(Repository.GatewayBinary, ["policy", .. arguments]);
}
