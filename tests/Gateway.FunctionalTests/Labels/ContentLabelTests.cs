using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Labels;

/// <summary>Rows 17 to 19, 22, 23 and 44: the machine-readable labels.</summary>
[Collection(OneAtATime.Name)]
public sealed class ContentLabelTests
{
    private const string Producer = "TESTPRODUCER";
    private const string Upstream = """{"Label":"1","ContentProducer":"VENDOR","ProduceID":"vendor-77","ReservedCode1":"abc","ContentPropagator":"","PropagateID":"","ReservedCode2":""}""";

    private static string Answer(string label = $",\"AIGC\":{Upstream}") =>
        $$"""{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"Good morning"},"finish_reason":"stop"}]{{label}}}""";

    [Theory]
    [InlineData("hs256")]
    [InlineData("es256")]
    public async Task Row18And19_Label_IsFoundAndVerified(string algorithm)
    {
        await using var gateway = await LabelGateway.StartAsync($"--Gateway:Label:Producer={Producer}", $"--Gateway:Label:Algorithm={algorithm}");
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(Answer(""))));
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.Of("Good ", "morning")));
        foreach (var exchange in new[] { whole, streamed })
        {
            var file = gateway.Host.Files.Write("answer", exchange.Text);
            await using var verify = await LabelAsync("verify", file, "--audit", gateway.Host.Audit.Path);
            Assert.True(verify.ExitCode == 0, verify.Output + verify.Errors);
            var label = LabelsOf(exchange).Single();
            var id = (string)label["ProduceID"]!;
            await using var lookup = await LabelAsync("lookup", id, "--json", "--audit", gateway.Host.Audit.Path);
            Assert.True(lookup.ExitCode == 0, lookup.Errors);
            var record = JsonNode.Parse(lookup.Output)!;
            Assert.Equal(exchange.Id, (string?)record["id"]);
            Assert.Equal("written", (string?)record["label"]!["kind"]);

            gateway.Host.Files.Write("answer", exchange.Text.Replace(id, id[..^1] + (id[^1] == '0' ? '1' : '0'), StringComparison.Ordinal));
            await using var altered = await LabelAsync("verify", file, "--audit", gateway.Host.Audit.Path);
            Assert.Equal(1, altered.ExitCode);
        }

        await using var nobody = await LabelAsync("lookup", "nobody", "--audit", gateway.Host.Audit.Path);
        Assert.Equal(1, nobody.ExitCode);
        await using var none = await LabelAsync("verify", gateway.Host.Files.Write("answer", "{}"), "--audit", gateway.Host.Audit.Path);
        Assert.Equal(2, none.ExitCode);
    }

    [Theory]
    [InlineData("Keep", "kept")]
    [InlineData("Replace", "replaced")]
    public async Task Row17And22_UpstreamLabel_ReachesTheClientOrIsSuperseded(string onUpstream, string kind)
    {
        await using var gateway = await LabelGateway.StartAsync($"--Gateway:Label:Producer={Producer}", $"--Gateway:Label:OnUpstream={onUpstream}");
        var answer = Answer();
        var chunk = $$"""{"id":"1","choices":[],"AIGC":{{Upstream}}}""";
        var first = $"data: {chunk}\n\n";
        var exchanges = new List<Exchange>
        {
            await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer))),
            await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(new ChatEvents().Raw(first).Role().Text("Hi").Finish().Done())),
            await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(new ChatEvents().Role().Text("Hi").Raw(
                $$"""data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"AIGC":{{Upstream}}}""" + "\n\n").Done())),
        };

        foreach (var exchange in exchanges)
        {
            var label = Assert.Single(LabelsOf(exchange));
            Assert.Equal(onUpstream == "Keep" ? "vendor-77" : exchange.Id, (string?)label["ProduceID"]);
            var record = await gateway.RecordAsync(exchange, Outcomes.Completed);
            Assert.Equal(kind, (string?)record.Json["label"]!["kind"]);
            Assert.Equal("vendor-77", (string?)record.Json["label"]!["upstream"]);
        }

        if (onUpstream == "Keep") Assert.Equal(answer, exchanges[0].Text);
        await using var lookup = await LabelAsync("lookup", "vendor-77", "--json", "--audit", gateway.Host.Audit.Path);
        Assert.True(lookup.ExitCode == 0, lookup.Errors);
        Assert.Equal("vendor-77", (string?)JsonNode.Parse(lookup.Output)!["label"]!["upstream"]);
    }

    [Fact]
    public async Task Row17_ALateUpstreamLabel_IsNotASecondOne()
    {
        await using var gateway = await LabelGateway.StartAsync($"--Gateway:Label:Producer={Producer}");
        var events = new ChatEvents().Role().Text("Hi").Finish().Raw($$"""data: {"id":"1","choices":[],"AIGC":{{Upstream}},"usage":{"total_tokens":1} }""" + "\n\n").Done();

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Cut([.. events.Frames]));

        var label = Assert.Single(LabelsOf(exchange));
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed);
        Assert.Equal("vendor-77", (string?)record.Json["label"]!["upstream"]);
        Assert.Contains((string?)record.Json["label"]!["kind"], new[] { "kept", "replaced" });
        Assert.Contains((string?)label["ProduceID"], new[] { "vendor-77", exchange.Id });
    }

    [Fact]
    public async Task Row23_Propagator_FillsItsPartAndLeavesTheProducers()
    {
        await using var gateway = await LabelGateway.StartAsync("--Gateway:Label:Propagator=PLATFORM");
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(Answer())));
        var events = new ChatEvents().Role().Text("Hi").Raw($$"""data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"AIGC":{{Upstream}}}""" + "\n\n").Done();
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));
        var unlabelled = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(Answer(""))));

        foreach (var exchange in new[] { whole, streamed })
        {
            const string producersPart = "{\"Label\":\"1\",\"ContentProducer\":\"VENDOR\",\"ProduceID\":\"vendor-77\",\"ReservedCode1\":\"abc\",";
            Assert.Contains("\"AIGC\":" + producersPart, exchange.Text, StringComparison.Ordinal);
            var label = Assert.Single(LabelsOf(exchange));
            Assert.Equal(("PLATFORM", exchange.Id), ((string?)label["ContentPropagator"], (string?)label["PropagateID"]));
            Assert.NotEqual("", (string?)label["ReservedCode2"]);
            var record = await gateway.RecordAsync(exchange, Outcomes.Completed);
            Assert.Equal("propagated", (string?)record.Json["label"]!["kind"]);
        }

        // Nothing is made up about an answer that came without a label.
        Assert.Equal(Answer(""), unlabelled.Text);
    }

    [Theory]
    [InlineData("cn", true, false)]
    [InlineData("eu", false, true)]
    [InlineData("both", true, true)]
    public async Task Row44_ProfileEu_MarksAndProfileCnIsUnchanged(string profile, bool hasAigc, bool hasMark)
    {
        await using var gateway = await LabelGateway.StartAsync(new JsonObject { ["Risk"] = false, ["AIGC"] = true, ["Profile"] = profile }, $"--Gateway:Label:Producer={Producer}");
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(Answer(""))));
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.Of("Good ", "morning")));

        foreach (var (exchange, bodies) in new[] { (whole, new[] { whole.Json }), (streamed, [.. streamed.Events.Chunks]) })
        {
            Assert.Equal(hasAigc ? 1 : 0, bodies.Count(body => body.ContainsKey("AIGC")));
            var marks = bodies.Where(body => body.ContainsKey("ai_content")).ToList();
            Assert.Equal(hasMark ? 1 : 0, marks.Count);
            await using var verify = await LabelAsync("verify", gateway.Host.Files.Write("answer", exchange.Text), "--audit", gateway.Host.Audit.Path);
            Assert.True(verify.ExitCode == 0, verify.Output + verify.Errors);
            if (!hasMark) continue;
            var mark = marks[0]["ai_content"]!;
            Assert.True((bool)mark["ai_generated"]!);
            Assert.Equal((Producer, "stub-model", exchange.Id), ((string?)mark["provider"], (string?)mark["system"], (string?)mark["id"]));
        }
    }

    [Fact]
    public async Task Row20_AWrongCode_StopsTheStart()
    {
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => LabelGateway.StartAsync("--Gateway:Label:Producer=002191110000MA00ABCD001MOD1"));

        Assert.Contains("Gateway:Label:Producer", fault.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<JsonObject> LabelsOf(Exchange exchange)
    {
        var bodies = exchange.ContentType!.StartsWith("text/event-stream", StringComparison.Ordinal) ? exchange.Events.Chunks : [exchange.Json];
        return bodies.Where(body => body.ContainsKey("AIGC")).Select(body => body["AIGC"]!.AsObject());
    }

    private static Task<ChildProcess> LabelAsync(params string[] arguments) => ChildProcess.RunAsync(Repository.GatewayBinary, ["label", .. arguments]);
}
