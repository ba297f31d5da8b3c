using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.FunctionalTests.Processes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Labels;

/// <summary>Row 17: where the label stands: in the body, in a header, and in the last event of a stream, or in the first one, too.</summary>
[Collection(OneAtATime.Name)]
public sealed partial class LabelPlaceTests
{
    private const string Header = "gateway-aigc";
    private const string Producer = "--Gateway:Label:Producer=TESTPRODUCER";
    private const string FirstAndLast = "--Gateway:Label:Streams=FirstAndLast";
    private const string Upstream = """{"Label":"1","ContentProducer":"VENDOR","ProduceID":"vendor-77","ReservedCode1":"abc","ContentPropagator":"","PropagateID":"","ReservedCode2":""}""";

    private static readonly string[] Pieces = ["Good ", "morning, ", "kestrel", "."];

    [Theory]
    [InlineData(1, "hs256")]
    [InlineData(2, "hs256")]
    [InlineData(2, "es256")]
    public async Task Row17_Stream_CarriesItInTheLastEvent_AndWhereSettingsWantItInTheFirst(int places, string algorithm)
    {
        await using var gateway = await LabelGateway.StartAsync([Producer, $"--Gateway:Label:Algorithm={algorithm}", .. places == 2 ? [FirstAndLast] : Array.Empty<string>()]);
        foreach (var row in NoticeConformance.Protocols)
        {
            var (path, stream) = ((string)row[0], (string)row[2]);
            var transcript = Transcript.Load(stream);
            var frames = transcript.Frames(Pieces);
            var original = Encoding.UTF8.GetString(transcript.Bytes(Pieces));
            foreach (var cut in new[] { frames, Chunked.Every(transcript.Bytes(Pieces), 7) })
            {
                var exchange = await gateway.SendAsync(HttpMethod.Post, path, Request(isStream: true), gateway.Stub.Cut(cut, transcript.ContentType).Id);

                var labels = Member().Matches(exchange.Text);
                Assert.True(labels.Count == places, $"{path} carries {labels.Count}:\n{exchange.Text}");
                Assert.Single(labels.Select(label => label.Groups[1].Value).Distinct());
                Assert.Equal(exchange.Headers[Header], labels[0].Groups[1].Value);
                Assert.Equal(original, Member().Replace(exchange.Text, ""));
                Assert.Equal(places == 2, labels[0].Index < frames[0].Length);

                // The last one is where the text has ended: everything that people read stands before it.
                Assert.Contains(JsonValue.Create(Pieces[^2]).ToString(), exchange.Text[..labels[^1].Index], StringComparison.Ordinal);
                var record = await gateway.RecordAsync(exchange, Outcomes.Completed);
                Assert.Equal("written", (string?)record.Json["label"]!["kind"]);
                await using var verify = await ChildProcess.RunAsync(Repository.GatewayBinary, ["label", "verify", gateway.Host.Files.Write("answer", exchange.Text), "--audit", gateway.Host.Audit.Path]);
                Assert.True(verify.ExitCode == 0, verify.Output + verify.Errors);
            }
        }
    }

    [Fact]
    public async Task Row17_WholeAnswer_IsToldByTheHeaderAsByTheBody()
    {
        await using var gateway = await LabelGateway.StartAsync(Producer);
        var own = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer("Good morning")));
        var kept = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Labelled(Upstream)));
        var forged = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Script(call =>
        {
            call.Response.Headers["Gateway-AIGC"] = Upstream;
            return call.AnswerAsync(ChatTranscripts.Answer("Good morning"));
        }));
        var unfit = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Labelled(Upstream.Replace("VENDOR", "\u67d0\u516c\u53f8", StringComparison.Ordinal))));

        Assert.Equal(own.Json["AIGC"]!.ToJsonString(ChatTranscripts.Relaxed), own.Headers[Header]);
        Assert.Equal(own.Id, (string?)JsonNode.Parse(own.Headers[Header])!["ProduceID"]);
        Assert.Equal(Upstream, kept.Headers[Header]);
        Assert.Equal(forged.Id, (string?)JsonNode.Parse(forged.Headers[Header])!["ProduceID"]);
        Assert.False(unfit.Headers.ContainsKey(Header));
        Assert.Equal("vendor-77", (string?)unfit.Json["AIGC"]!["ProduceID"]);
    }

    [Fact]
    public async Task Row17_WhatNoModelMade_HasNoHeader()
    {
        await using var gateway = await LabelGateway.StartAsync(Producer);
        foreach (var exchange in new[]
        {
            await gateway.ChatAsync(ChatTranscripts.Request(TestLexicon.Block)),
            await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json("{\"error\":{\"message\":\"busy\"}}"u8.ToArray(), 500)),
            await gateway.SendAsync(HttpMethod.Get, "/v1/models", null, gateway.Stub.Json("{\"data\":[]}"u8.ToArray()).Id),
            await gateway.ChatAsync("{}"u8.ToArray()),
        })
        {
            Assert.False(exchange.Headers.ContainsKey(Header), $"{exchange.Status} carries {exchange.Headers.GetValueOrDefault(Header)}");
        }

        await using var silent = await LabelGateway.StartAsync(Producer, "--Gateway:Label:Header=false");
        var answer = await silent.ChatAsync(ChatTranscripts.Request("Hello"), silent.Stub.Json(ChatTranscripts.Answer("Good morning")));
        Assert.False(answer.Headers.ContainsKey(Header));
        Assert.True(answer.Json.ContainsKey("AIGC"));
    }

    [Fact]
    public async Task Row17_ALabelOfTheModelServer_AfterOursHasBegun_IsNoSecondOne()
    {
        await using var gateway = await LabelGateway.StartAsync(Producer, FirstAndLast);
        var late = new ChatEvents().Role().Text("Hi").Raw($$"""data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"AIGC":{{Upstream}}}""" + "\n\n").Done();
        var early = new ChatEvents().Raw($$"""data: {"id":"1","choices":[],"AIGC":{{Upstream}}}""" + "\n\n").Role().Text("Hi").Finish().Done();

        var superseded = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(late));
        var kept = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(early));

        Assert.All(Member().Matches(superseded.Text), label => Assert.Equal(superseded.Id, (string?)JsonNode.Parse(label.Groups[1].Value)!["ProduceID"]));
        Assert.Equal(2, Member().Count(superseded.Text));
        Assert.Equal(("replaced", "vendor-77"), LabelOf(await gateway.RecordAsync(superseded, Outcomes.Completed)));
        Assert.Equal(early.Bytes, kept.Body);
        Assert.Equal(Upstream, kept.Headers[Header]);
        Assert.Equal(("kept", "vendor-77"), LabelOf(await gateway.RecordAsync(kept, Outcomes.Completed)));
    }

    [Fact]
    public async Task Row17_AStreamThatIsCutOrHasOneEvent_CarriesItOnceAnEventAndStaysReadable()
    {
        await using var gateway = await LabelGateway.StartAsync(Producer, FirstAndLast);
        var cut = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(new ChatEvents().Role().Text("So then: ").Text(TestLexicon.Block).Finish().Done()));
        var single = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(new ChatEvents().Raw(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n").Done()));
        var empty = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(new ChatEvents().Raw("data: {}\n\n").Role().Text("Hi").Finish().Done()));

        Refusals.AssertCut(cut, "So then: ");
        Assert.Equal([2, 1, 2], new[] { cut, single, empty }.Select(exchange => exchange.Events.Chunks.Count(chunk => chunk.ContainsKey("AIGC"))));
        Assert.All(new[] { cut, single, empty }, exchange => Assert.Single(Member().Matches(exchange.Text.Replace("{\"AIGC", "{,\"AIGC", StringComparison.Ordinal)).Select(label => label.Groups[1].Value).Distinct()));
    }

    [Fact]
    public async Task Row17_AnEmptyAnswer_StaysJson()
    {
        await using var gateway = await LabelGateway.StartAsync(Producer);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json("{ }"u8.ToArray()));

        Assert.Equal(exchange.Id, (string?)exchange.Json["AIGC"]!["ProduceID"]);
    }

    [Fact]
    public async Task Row22_ALabelOfTheModelServer_IsStructure_AndNotMaskedLikeText()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Policy = GatewaySetup.PolicyOf(members: [("PersonalData", new JsonObject { ["phone"] = "Mask" }), ("Label", new JsonObject { ["Risk"] = false, ["AIGC"] = true })]),
            Arguments = [Producer],
        });
        const string phone = "13812345678";
        var label = Upstream.Replace("vendor-77", phone, StringComparison.Ordinal);
        var frames = new ChatEvents().Role().Text($"Call {phone}, please").Raw($$"""data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"AIGC":{{label}}}""" + "\n\n").Done();
        foreach (var (script, isStream) in new[] { (stub.Json(Labelled(label, $"Call {phone}, please")), false), (stub.Stream(frames), true) })
        {
            using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", isStream), script.Id);
            using var response = await host.Client.SendAsync(request);
            var text = (await Exchange.ReadAsync(response)).Text;

            Assert.Contains($"\"AIGC\":{label}", text, StringComparison.Ordinal);
            Assert.Contains("Call [masked:phone], please", text, StringComparison.Ordinal);
        }
    }

    private static (string?, string?) LabelOf(AuditView record) => ((string?)record.Json["label"]!["kind"], (string?)record.Json["label"]!["upstream"]);

    private static byte[] Labelled(string label, string text = "Good morning") => Encoding.UTF8.GetBytes(
        $$"""{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"{{text}}"},"finish_reason":"stop"}],"AIGC":{{label}}}""");

    private static byte[] Request(bool isStream) => Encoding.UTF8.GetBytes(
        $$"""{"model":"m","max_tokens":9,"stream":{{(isStream ? "true" : "false")}},"prompt":"x","input":"x","messages":[{"role":"user","content":"x"}],"contents":[{"parts":[{"text":"x"}]}]}""");

    [GeneratedRegex(",\"AIGC\":(\\{[^}]*\\})")]
    private static partial Regex Member();
}
