using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Row 33: incidents, their timers, and the package for the authority.</summary>
[Collection(OneAtATime.Name)]
public sealed class IncidentTests
{
    [Fact]
    public async Task Row33_Timers_RunFromWhenItWasFound()
    {
        await using var gateway = await CaseGateway.StartAsync();
        var now = DateTimeOffset.UtcNow;
        var fresh = await OpenAsync(gateway, now.AddHours(-3.9));
        var critical = await OpenAsync(gateway, now.AddHours(-1.1), "--critical");
        var late = await OpenAsync(gateway, now.AddHours(-4.1));
        var old = await OpenAsync(gateway, now.AddDays(-30.1));

        await using var list = await RunAsync(gateway, "list", "--json");

        Assert.Equal(1, list.ExitCode);
        var incidents = list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToDictionary(incident => (string)incident["id"]!);
        Assert.Equal((null, "report", "report", "report"), ((string?)incidents[fresh]["overdue"], (string?)incidents[critical]["overdue"], (string?)incidents[late]["overdue"], (string?)incidents[old]["overdue"]));
        Assert.Equal(3, (await gateway.AdminAsync("/incidents")).Body["items"]!.AsArray().Count(incident => incident!["overdue"] is not null));
        Assert.Contains("gateway_incidents_overdue 3", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
        await using var closed = await RunAsync(gateway, "close", late, "--summary", "A false alarm.");
        Assert.Equal(0, closed.ExitCode);
        Assert.Equal(2, (await gateway.AdminAsync("/incidents")).Body["items"]!.AsArray().Count(incident => incident!["overdue"] is not null));
    }

    [Fact]
    public async Task Row33_Report_HoldsRecordsTimelineCountsAndProofs()
    {
        await using var gateway = await CaseGateway.StartAsync();
        var blocked = await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.Block));
        await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        var incident = await OpenAsync(gateway, DateTimeOffset.UtcNow);
        var folder = gateway.Host.Files["package"];

        await using var report = await RunAsync(gateway, "report", incident, "--out", folder, "--action", "block", "--reason", "first report");

        Assert.True(report.ExitCode == 0, report.Errors + report.Output);
        Assert.Contains("names no authority", report.Output, StringComparison.Ordinal);
        var written = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "incident.json")))!;
        Assert.Equal(1, (int)written["exchanges"]!["count"]!);
        Assert.Equal(1, (int)written["exchanges"]!["risk"]![TestLexicon.BlockRisk]!);
        Assert.Equal(1, (int)written["exchanges"]!["request"]!["block"]!);
        Assert.Equal(["incident_opened", "incident_reported"], written["timeline"]!.AsArray().Select(step => (string?)step!["event"]));
        Assert.NotNull((string?)written["incident"]!["reported"]);
        Assert.Equal(["operator", "contact", "authority"], written["missing"]!.AsArray().Select(name => (string?)name));
        Assert.Contains(blocked.Id!, await File.ReadAllTextAsync(Path.Combine(folder, "records.ndjson")), StringComparison.Ordinal);
        await using var verify = await ChildProcess.RunAsync(Repository.GatewayBinary, ["audit", "verify", folder]);
        Assert.True(verify.ExitCode == 0, verify.Output + verify.Errors);
    }

    private static async Task<string> OpenAsync(CaseGateway gateway, DateTimeOffset found, params string[] more)
    {
        await using var open = await RunAsync(gateway, ["open", "--title", "A wave of blocked prompts", "--found", found.ToString("O"), .. more]);
        Assert.True(open.ExitCode == 0, open.Errors);
        return open.Output.Trim();
    }

    private static Task<ChildProcess> RunAsync(CaseGateway gateway, params string[] arguments) =>
        ChildProcess.RunAsync(Repository.GatewayBinary, ["incident", .. arguments, "--audit", gateway.Host.Audit.Path]);
}
