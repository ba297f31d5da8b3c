using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Row 30: complaints and appeals, with time limits and state, in the chain.</summary>
// Gauges of all gateways of a process are on the page of each: nothing may run beside these.
[Collection(OneAtATime.Name)]
public sealed class ComplaintTests
{
    private const string Words = "My question about kestrels was harmless.";

    [Fact]
    public async Task Row30_Complaint_GoesFromFiledToDecidedAndToAppeal()
    {
        using var files = new TempDirectory();
        string id, token;
        await using (var gateway = await CaseGateway.StartAsync(files["audit"], TestLexicon.Lines, "--Gateway:EndUser:Header=X-User"))
        {
            var blocked = await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.Block), null, message => message.Headers.Add("X-User", "u1"));
            var (status, filed) = await gateway.FileAsync(About(blocked.Id!));
            (id, token) = ((string)filed["id"]!, (string)filed["token"]!);
            Assert.Equal((201, "filed", blocked.Id), (status, (string?)filed["state"], (string?)filed["request_id"]));
            Assert.True(DateTime.Parse((string)filed["due"]!, null) > DateTime.Parse((string)filed["filed"]!, null).AddDays(14));

            // Only its author sees it, and nobody reads its words in the journal.
            Assert.Equal(404, (await gateway.LookAsync($"/complaints/{id}")).Status);
            Assert.Equal(404, (await gateway.LookAsync($"/complaints/{id}", "0" + token[1..])).Status);
            Assert.Equal("filed", (string?)(await gateway.LookAsync($"/complaints/{id}", token)).Body["state"]);
            Assert.DoesNotContain("kestrels", gateway.Host.Audit.Events("complaint_filed").Single().ToJsonString(), StringComparison.Ordinal);

            // People handle it.
            Assert.Equal(401, (await gateway.AdminAsync("/complaints", key: null)).Status);
            Assert.Equal(403, (await gateway.AdminAsync($"/complaints/{id}/take", [], "vera")).Status);
            Assert.Equal(Words, (string?)(await gateway.AdminAsync($"/complaints/{id}")).Body["text"]);
            Assert.Equal(200, (await gateway.AdminAsync($"/complaints/{id}/take", [])).Status);
            Assert.Equal(400, (await gateway.AdminAsync($"/complaints/{id}/reject", [])).Status);
            Assert.Equal("rejected", (string?)(await gateway.AdminAsync($"/complaints/{id}/reject", new JsonObject { ["reason"] = "The term is on the list." })).Body["state"]);
            Assert.Equal(409, (await gateway.AdminAsync($"/complaints/{id}/uphold", new JsonObject { ["reason"] = "x" })).Status);
        }

        // The chain remembers, and so does the next start.
        await using var again = await CaseGateway.StartAsync(files["audit"], TestLexicon.Lines, "--Gateway:EndUser:Header=X-User");
        await again.AdminAsync("/complaints");
        var (_, decided) = await again.LookAsync($"/complaints/{id}", token);
        Assert.Equal(("rejected", "The term is on the list."), ((string?)decided["state"], (string?)decided["outcome"]));
        Assert.Equal(404, (await again.FileAsync(new JsonObject { ["complaint_id"] = id, ["text"] = "Look again." }, "wrong")).Status);
        var (appealed, appeal) = await again.FileAsync(new JsonObject { ["complaint_id"] = id, ["text"] = "Look again." }, token);
        Assert.Equal((201, "appeal", id), (appealed, (string?)appeal["kind"], (string?)appeal["against"]));
        await again.AdminAsync($"/complaints/{appeal["id"]}/uphold", new JsonObject { ["reason"] = "You are right." });
        var states = again.Host.Audit.Events("complaint_state").Select(happened => ((string?)happened["facts"]!["state"], (string?)happened["actor"])).ToList();
        Assert.Equal([("taken", "anna"), ("rejected", "anna"), ("upheld", "anna")], states);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row30_AnUpheldAppeal_LiftsTheMeasure_ARejectedOneLeavesIt(bool isShared)
    {
        await using var redis = isShared ? await RedisProcess.StartAsync() : null;
        string[] arguments = ["--Gateway:EndUser:Header=X-User", .. redis is null ? (string[])[] : ["--redis", redis.Endpoint]];
        await using var gateway = await CaseGateway.StartAsync(arguments);
        await using var elsewhere = isShared ? await CaseGateway.StartAsync(arguments) : null;

        // Suspended on another node, where there is one; the appeal is about the refusal that this node gave.
        for (var round = 0; round < 3; round++) Assert.Equal(400, (await AskAsync(elsewhere ?? gateway, $"{TestLexicon.Block} {round}")).Status);
        var shut = await AskAsync(gateway, "Good day.");
        Assert.Equal(403, shut.Status);
        var first = await AppealAsync(shut.Id!);
        var (_, rejected) = await gateway.AdminAsync($"/complaints/{first}/reject", new JsonObject { ["reason"] = "It was harmful." });
        Assert.Equal(("rejected", false), ((string?)rejected["state"], (bool)rejected["measure_lifted"]!));
        Assert.Equal(403, (await AskAsync(gateway, "Good day.")).Status);
        Assert.Empty(gateway.Host.Audit.Events("user_lifted"));

        var second = await AppealAsync(shut.Id!);
        var (_, upheld) = await gateway.AdminAsync($"/complaints/{second}/uphold", new JsonObject { ["reason"] = "It was a quotation." }, "bert");

        Assert.Equal(("upheld", true), ((string?)upheld["state"], (bool)upheld["measure_lifted"]!));
        Assert.Equal(200, (await AskAsync(gateway, "Good day.")).Status);
        if (elsewhere is not null) Assert.Equal(200, (await AskAsync(elsewhere, "Good day.")).Status);
        var lifted = Assert.Single(gateway.Host.Audit.Events("user_lifted"));
        Assert.Equal(("bert", $"{second} upheld: It was a quotation.", shut.Id), ((string?)lifted["actor"], (string?)lifted["reason"], (string?)lifted["exchange"]));
        Assert.Equal((string?)Assert.Single(gateway.Host.Audit.Find(shut.Id!)).Json["user"], (string?)lifted["subject"]);

        Task<Exchange> AskAsync(CaseGateway node, string prompt) => node.ChatAsync(ChatTranscripts.Request(prompt), null, message => message.Headers.Add("X-User", "u1"));

        async Task<string> AppealAsync(string exchange) =>
            (string)(await gateway.FileAsync(new JsonObject { ["request_id"] = exchange, ["kind"] = "appeal", ["category"] = "sanction", ["text"] = Words })).Body["id"]!;
    }

    [Fact]
    public async Task Row30_Complaint_NeedsAnExchangeAndItsFields()
    {
        await using var gateway = await CaseGateway.StartAsync("--Gateway:Complaints:PerMinute=6");
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));

        Assert.Equal(404, (await gateway.FileAsync(About("0199ffff-0000-7000-8000-000000000000"))).Status);
        Assert.Equal(400, (await gateway.FileAsync(new JsonObject { ["request_id"] = exchange.Id })).Status);
        Assert.Equal(400, (await gateway.FileAsync(new JsonObject { ["text"] = "x" })).Status);
        Assert.Equal(400, (await gateway.FileAsync(new JsonObject { ["request_id"] = exchange.Id, ["text"] = "x", ["category"] = "weather" })).Status);
        Assert.Equal(400, (await gateway.FileAsync(new JsonObject { ["request_id"] = exchange.Id, ["text"] = new string('x', 4001) })).Status);
        Assert.Equal(201, (await gateway.FileAsync(About(exchange.Id!))).Status);
        Assert.Equal(429, (await gateway.FileAsync(About(exchange.Id!))).Status);
    }

    [Fact]
    public async Task Row30_OverdueComplaint_RaisesTheMetric()
    {
        await using var gateway = await CaseGateway.StartAsync("--Gateway:Complaints:DueHours=-1");
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        var before = (await gateway.Host.MetricsAsync()).Text;
        var (_, filed) = await gateway.FileAsync(About(exchange.Id!));

        Assert.Contains("gateway_complaints_overdue 0", before, StringComparison.Ordinal);
        Assert.Contains("gateway_complaints_overdue 1", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
        Assert.Single((await gateway.AdminAsync("/complaints?overdue=true")).Body["items"]!.AsArray());
        await gateway.AdminAsync($"/complaints/{filed["id"]}/uphold", new JsonObject { ["reason"] = "Right." });
        Assert.Contains("gateway_complaints_overdue 0", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
    }

    private static JsonObject About(string exchange) => new() { ["request_id"] = exchange, ["kind"] = "complaint", ["category"] = "refused", ["text"] = Words };
}
