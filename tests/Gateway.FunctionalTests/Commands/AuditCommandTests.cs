using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Commands;

/// <summary><c>gateway audit tail|show|verify</c> on the folder of a live gateway, and on a tampered copy of it.</summary>
[Collection(OneAtATime.Name)]
public sealed class AuditCommandTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Fact]
    public async Task Show_OfABlockedExchange_PrintsItsRecord()
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request($"It is {TestLexicon.Block}"));

        await using var json = await AuditAsync("show", exchange.Id!, "--json", gateway.Host.Audit.Path);
        await using var text = await AuditAsync("show", exchange.Id!, gateway.Host.Audit.Path);

        Assert.True(json.ExitCode == 0, json.Errors);
        var record = JsonNode.Parse(json.Output)!.AsObject();
        string[] members = ["id", "seq", "time", "protocol", "model", "outcome", "status", "policyEpoch", "request", "response", "prevHash", "hash"];
        Assert.All(members, member => Assert.True(record.ContainsKey(member), $"'{member}' is missing: {json.Output}"));
        Assert.All(new[] { "action", "detections", "judged", "unjudged" }, member => Assert.True(record["request"]!.AsObject().ContainsKey(member)));
        Assert.All(new[] { "action", "detections", "judged", "unjudged", "deliveredChars" }, member => Assert.True(record["response"]!.AsObject().ContainsKey(member)));
        Assert.Equal(exchange.Id, (string?)record["id"]);
        Assert.Equal(400, (int?)record["status"]);
        Assert.Equal(Outcomes.Blocked, (string?)record["outcome"]);
        Assert.Equal(TestLexicon.BlockRisk, (string?)record["request"]!["detections"]![0]!["risk"]);
        Assert.Equal(0, text.ExitCode);
        Assert.Contains(exchange.Id!, text.Output, StringComparison.Ordinal);
        Recorded.AssertHolds(json.Output + text.Output, "the command's output");
    }

    [Fact]
    public async Task Show_OfNobody_Fails()
    {
        await using var show = await AuditAsync("show", "0199ffff-0000-7000-8000-000000000000", "--json", gateway.Host.Audit.Path);

        Assert.NotEqual(0, show.ExitCode);
        Assert.NotEqual("", show.Errors + show.Output);
    }

    [Fact]
    public async Task Tail_ShowsTheNewestExchange()
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));

        await using var tail = await AuditAsync("tail", gateway.Host.Audit.Path);

        Assert.True(tail.ExitCode == 0, tail.Errors);
        Assert.Contains(exchange.Id!, tail.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_OfALiveJournal_IsSound()
    {
        await gateway.ChatAsync(ChatTranscripts.Request("Hello"));

        await using var verify = await AuditAsync("verify", gateway.Host.Audit.Path);

        Assert.True(verify.ExitCode == 0, verify.Output + verify.Errors);
    }

    [Theory]
    [InlineData("edited")]
    [InlineData("dropped")]
    [InlineData("doubled")]
    [InlineData("swapped")]
    public async Task Verify_OfATamperedCopy_Exits1(string tampering)
    {
        for (var index = 0; index < 5; index++) await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        using var files = new TempDirectory();
        TempDirectory.Copy(gateway.Host.Audit.Path, files["copy"]);
        var segment = Directory.EnumerateFiles(files["copy"], "*", SearchOption.AllDirectories).OrderByDescending(file => new FileInfo(file).Length).First();
        var lines = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(segment)).Split('\n').ToList();
        Assert.True(lines.Count > 6, "The journal is made of lines.");
        switch (tampering)
        {
            case "edited": lines[3] = lines[3].Contains("allow", StringComparison.Ordinal) ? lines[3].Replace("allow", "block", StringComparison.Ordinal) : lines[3].Replace("2", "3", StringComparison.Ordinal); break;
            case "dropped": lines.RemoveAt(3); break;
            case "doubled": lines.Insert(3, lines[3]); break;
            case "swapped": (lines[3], lines[4]) = (lines[4], lines[3]); break;
        }

        await File.WriteAllBytesAsync(segment, Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        await using var verify = await AuditAsync("verify", files["copy"]);

        Assert.True(verify.ExitCode == 1, $"Exit code {verify.ExitCode}: {verify.Output}{verify.Errors}");
    }

    [Fact]
    public async Task Verify_OfAFolderWithoutAJournal_Exits2()
    {
        using var files = new TempDirectory();

        await using var empty = await AuditAsync("verify", files.Folder("empty"));
        await using var missing = await AuditAsync("verify", files["nowhere"]);

        Assert.Equal((2, 2), (empty.ExitCode, missing.ExitCode));
    }

    private static Task<ChildProcess> AuditAsync(string verb, params string[] arguments) =>
        ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", verb, .. Place(verb, arguments)]);

    /// <summary><c>verify</c> takes the folder as its argument; the others name it with the option that <c>serve</c> has.</summary>
    private static string[] Place(string verb, string[] arguments) =>
        verb == "verify" ? arguments : [.. arguments[..^1], "--audit", arguments[^1]];
}
