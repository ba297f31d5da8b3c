using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Sanctions;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Lexicon files over the admin API: whole or not at all, an epoch of their own, in regulated mode after two approvals.</summary>
public sealed class LexiconUploadTests : IDisposable
{
    private const string Word = "brasslanternword";
    private const string More = "# more\n" + Word + "\tviolence-obscenity\tblock\n";

    private readonly TempDirectory _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task File_PutInPlace_ComesIntoForce_AndGoesAgain()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(200, (await gateway.AskAsync("alice", Word)).Status);

        var put = await CallAsync(gateway, "operator", "PUT", "/lexicons/more", More);

        Assert.Equal((202, "more.tsv", false), (put.Status, (string?)put.Json["name"], (bool)put.Json["waits"]!));
        await Eventually.TrueAsync(async () => (await gateway.AskAsync("alice", Word)).Status == 400, "the term is in force");
        var listed = (await CallAsync(gateway, "viewer", "GET", "/lexicons")).Json;
        Assert.Equal(["allow.tsv", "more.tsv", "test.tsv"], listed["files"]!.AsArray().Select(file => (string?)file!["name"]));
        Assert.Equal((string?)put.Json["version"], (string?)listed["version"]);
        Assert.Equal(More, (await CallAsync(gateway, "viewer", "GET", "/lexicons/more.tsv")).Text);
        Assert.Equal(202, (await CallAsync(gateway, "operator", "DELETE", "/lexicons/more")).Status);
        await Eventually.TrueAsync(async () => (await gateway.AskAsync("bob", Word)).Status == 200, "the term is gone");
        await Eventually.TrueAsync(() => gateway.Host.Audit.Events("epoch_activated").Count == 2, "both activations are recorded");
    }

    [Theory]
    [InlineData("more", "good\tviolence-obscenity\tblock\nbad\tviolence-obscenitty\tblock\n", "more.tsv:2: ", "violence-obscenity")]
    [InlineData("more", "bad\tviolence-obscenity\tblok\n", "more.tsv:1: ", "block")]
    [InlineData("manifest.json", "{\"updated\":\"yesterday\"}", "manifest.json", "date")]
    public async Task BadFile_IsRefusedWhole_WithFileLineAndRemedy(string name, string content, string place, string remedy)
    {
        await using var gateway = await StartAsync();
        var before = (string?)(await CallAsync(gateway, "viewer", "GET", "/lexicons")).Json["version"];

        var refused = await CallAsync(gateway, "operator", "PUT", "/lexicons/" + name, content);

        Assert.Equal(400, refused.Status);
        var fault = (string)Assert.Single(refused.Json["faults"]!.AsArray())!;
        Assert.StartsWith(place, fault, StringComparison.Ordinal);
        Assert.Contains(remedy, fault, StringComparison.Ordinal);
        Assert.Equal((before, 2), ((string?)(await CallAsync(gateway, "viewer", "GET", "/lexicons")).Json["version"], (await CallAsync(gateway, "viewer", "GET", "/lexicons")).Json["files"]!.AsArray().Count));
        Assert.Equal(404, (await CallAsync(gateway, "viewer", "GET", "/lexicons/" + name)).Status);
    }

    [Fact]
    public async Task Names_LeadNowhereElse_AndTheLastTermsStay()
    {
        await using var gateway = await StartAsync();

        Assert.Equal(400, (await CallAsync(gateway, "operator", "PUT", "/lexicons/..%2Fescape", More)).Status);
        Assert.Equal(403, (await CallAsync(gateway, "reviewer", "PUT", "/lexicons/more", More)).Status);
        Assert.Equal(404, (await CallAsync(gateway, "operator", "DELETE", "/lexicons/nothing")).Status);
        Assert.Equal(400, (await CallAsync(gateway, "operator", "DELETE", "/lexicons/test")).Status);
        Assert.Equal(400, (await gateway.AskAsync("alice", TestLexicon.Block)).Status);
    }

    [Fact]
    public async Task Row42_RegulatedMode_AFileWaitsForTwoPersons()
    {
        await using var gateway = await StartAsync("--Gateway:Regulated=true", "--Gateway:Label:Required=false", $"--Gateway:Audit:MasterKey=file:{_keys.Write("master", Convert.ToBase64String(new byte[32]))}", "--Gateway:Reload:PollSeconds=0.05");
        Assert.True((bool)(await CallAsync(gateway, "operator", "PUT", "/lexicons/more", More)).Json["waits"]!);
        await Eventually.TrueAsync(async () => (await EpochsAsync(gateway))["waiting"] is not null, "the change waits");
        var id = (string)(await EpochsAsync(gateway))["waiting"]!["epoch"]!;

        await CallAsync(gateway, "operator", "POST", $"/epochs/{id}/approve", """{"reason":"looked at it"}""");
        Assert.Equal(200, (await gateway.AskAsync("alice", Word)).Status);
        await CallAsync(gateway, AdminKeysFile.SecondOperator, "POST", $"/epochs/{id}/approve", """{"reason":"tests pass"}""");

        await Eventually.TrueAsync(async () => (await gateway.AskAsync("alice", Word)).Status == 400, "the term is in force");
        await Eventually.TrueAsync(() => gateway.Host.Audit.Events("epoch_activated").Count == 2, "the activation is recorded after the first start");
        Assert.Equal("operator, operator2", (string?)gateway.Host.Audit.Events("epoch_activated")[1]["facts"]!["approvedBy"]);
    }

    [Fact]
    public async Task Row42_RegulatedMode_FilesThatARestartFinds_JudgeNothingUntilTwoPersonsApprove()
    {
        using var files = new TempDirectory();
        string[] arguments = ["--Gateway:Regulated=true", "--Gateway:Label:Required=false", $"--Gateway:Audit:MasterKey=file:{_keys.Write("master", Convert.ToBase64String(new byte[32]))}", "--Gateway:Reload:PollSeconds=0.05", "--audit", files["audit"]];
        await using (var gateway = await StartAsync(arguments))
        {
            Assert.False((bool)(await EpochsAsync(gateway))["held"]!);
            await CallAsync(gateway, "operator", "PUT", "/lexicons/more", More);
            await Eventually.TrueAsync(async () => (await EpochsAsync(gateway))["waiting"] is not null, "the change waits");
            await CallAsync(gateway, "operator", "POST", $"/epochs/{(string)(await EpochsAsync(gateway))["waiting"]!["epoch"]!}/approve", """{"reason":"looked at it"}""");
        }

        await using var again = await UserGateway.StartAsync(setup => setup with
        {
            Lexicon = TestLexicon.Lines + More,
            StartsHeld = true,
            Arguments = [$"--Gateway:Admin:KeysFile={_keys.Write("keys", AdminKeysFile.Lines)}", .. arguments],
        });
        var epochs = await EpochsAsync(again);
        Assert.True((bool)epochs["unapproved"]! && (bool)epochs["held"]!);
        Assert.Equal(503, (await again.AskAsync("alice", "Good day.")).Status);
        Assert.Contains("which two persons have not approved", again.Host.Logs, StringComparison.Ordinal);
        foreach (var who in new[] { "operator", AdminKeysFile.SecondOperator }) await CallAsync(again, who, "POST", $"/epochs/{epochs["epoch"]}/approve", """{"reason":"seen afterwards"}""");
        Assert.False((bool)(await EpochsAsync(again))["unapproved"]!);
        await Eventually.TrueAsync(async () => (await again.AskAsync("alice", "Good day.")).Status == 200, "traffic is judged");
    }

    private async Task<UserGateway> StartAsync(params string[] arguments) => await UserGateway.StartAsync(setup => setup with
    {
        Arguments = [$"--Gateway:Admin:KeysFile={_keys.Write("keys", AdminKeysFile.Lines)}", .. arguments],
    });

    private static Task<Exchange> CallAsync(UserGateway gateway, string who, string method, string path, string? body = null) => AdminKeysFile.CallAsync(gateway.Host, who, method, path, body);

    private static async Task<JsonObject> EpochsAsync(UserGateway gateway) => (await CallAsync(gateway, "viewer", "GET", "/epochs")).Json;
}
