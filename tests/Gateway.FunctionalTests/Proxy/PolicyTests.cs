using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>What the policy file changes: canned answers, monitoring, stream modes, leniency.</summary>
public sealed class PolicyTests
{
    private const string Canned = "我们换个话题吧。";

    [Fact]
    public async Task OnBlockAnswer_BlockedPrompt_IsAnsweredInItsShape()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, GatewaySetup.PolicyOf(members: [("OnBlock", "answer"), ("Answer", Canned)]));
        var script = stub.Json(ChatTranscripts.Answer("The model server was called."));

        var buffered = await SendAsync(host, ChatTranscripts.Request(TestLexicon.Block), script);
        var streamed = await SendAsync(host, ChatTranscripts.Request(TestLexicon.Block, stream: true), script);

        AssertCanned(buffered, streamed);
        Assert.Empty(script.Requests);
        foreach (var exchange in new[] { buffered, streamed }) await Recorded.CheckAsync(host, exchange, Outcomes.Blocked, Actions.Block);
    }

    [Fact]
    public async Task OnBlockAnswer_BlockedCompletion_ReleasesNothingOfIt()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, GatewaySetup.PolicyOf(members: [("OnBlock", "answer"), ("Answer", Canned)]));

        var buffered = await SendAsync(host, ChatTranscripts.Request("Hello"), stub.Json(ChatTranscripts.Answer($"It is {TestLexicon.Block}")));
        var streamed = await SendAsync(host, ChatTranscripts.Request("Hello", stream: true), stub.Stream(ChatEvents.Of("kestrel", "bane")));

        foreach (var exchange in new[] { buffered, streamed })
        {
            Assert.Equal(200, exchange.Status);
            Recorded.AssertHolds(exchange.Text, "the answer");
            await Recorded.CheckAsync(host, exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        }

        Assert.Equal(Canned, (string?)buffered.Json["choices"]![0]!["message"]!["content"]);
        Assert.True(streamed.Events.IsDone);
    }

    [Fact]
    public async Task Case_76_Monitor_ForwardsEverythingAndRecordsWhatItWouldHaveDone()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, GatewaySetup.PolicyOf(mode: "Monitor"));
        var answer = ChatTranscripts.Answer($"It is {TestLexicon.Block}");
        var events = ChatEvents.OfRunes($"It is {TestLexicon.Block} here");
        var script = stub.Json(answer);

        var buffered = await SendAsync(host, ChatTranscripts.Request($"Tell me of {TestLexicon.Block}"), script);
        var streamed = await SendAsync(host, ChatTranscripts.Request("Hello", stream: true), stub.Stream(events));

        Assert.Equal(answer, buffered.Body);
        Assert.Equal(events.Bytes, streamed.Body);
        Assert.Single(script.Requests);
        var first = await Recorded.CheckAsync(host, buffered, Outcomes.Completed);
        Assert.NotEmpty(first.RequestDetections);
        Assert.NotEmpty(first.ResponseDetections);
        var second = await Recorded.CheckAsync(host, streamed, Outcomes.Completed);
        Assert.NotEmpty(second.ResponseDetections);
    }

    [Fact]
    public async Task OnUninspectableAllow_ForwardsAndRecordsItAsUnjudged()
    {
        byte[] unreadable = [0x7B, 0xFF, 0xFE, 0x00, 0x80];
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await StartAsync(stub, GatewaySetup.PolicyOf(members: ("OnUninspectable", "Allow")));
        var script = stub.Script(call => call.AnswerAsync(unreadable));

        var exchange = await SendAsync(host, ChatTranscripts.Request("Hello"), script);

        Assert.Equal(unreadable, exchange.Body);
        var record = Assert.Single(host.Audit.Find(exchange.Id!));
        Assert.NotEmpty(record.Json["response"]!["unjudged"]!.AsArray());
    }

    [Theory]
    [InlineData("Hold")]
    [InlineData("Tail")]
    [InlineData("Follow")]
    public async Task StreamMode_WithTheClassifier_PassesCleanAndCutsTerms(string mode)
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Classifier = true,
            Policy = GatewaySetup.PolicyOf(mode),
        });
        var clean = new ChatEvents().Role().Texts(string.Concat(Enumerable.Repeat("The weather is mild and the bread is fresh. ", 12)).Split(' ').Select(word => word + " ")).Finish().Usage().Done();
        var blocked = ChatEvents.OfRunes("The weather is mild today. But kestrelbane came along.");

        var passed = await SendAsync(host, ChatTranscripts.Request("How is the weather?", stream: true), stub.Stream(clean));
        var cut = await SendAsync(host, ChatTranscripts.Request("How is the weather?", stream: true), stub.Stream(blocked));

        Assert.Equal(System.Text.Encoding.UTF8.GetString(clean.Bytes), passed.Text);
        await Recorded.CheckAsync(host, passed, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Refusals.AssertCut(cut, "The weather is mild today. But ");
        await Recorded.CheckAsync(host, cut, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task ReviewTermThatDecidesAlone_IsHeldAlthoughOtherPoliciesOnlyTakeItForAHint()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Policy = GatewaySetup.PolicyOf(members: ("Tiers", new JsonObject { ["any"] = new JsonObject { ["review"] = "Block" } })),
            Files = new Dictionary<string, string> { ["policies/mild.json"] = """{"Tiers":{"any":{"review":"Confirm"}}}""" },
        });
        var script = stub.Stream(new ChatEvents().Role().Text("It is a ").Texts(TestLexicon.Review.Select(letter => letter.ToString())).Text(" it is").Finish().Done());
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        var exchange = await Exchange.ReadAsync(response);

        Assert.Equal("It is a ", exchange.Events.Text());
        Assert.Equal("content_filter", exchange.Events.FinishReasons[0]);
        await Recorded.CheckAsync(host, exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Tail_HoldsTheEndUntilTheVerdictButLetsTheRestFlow()
    {
        await using var stub = await StubModelServer.StartAsync();
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup
        {
            Upstream = stub.Address,
            Classifier = true,
            Policy = GatewaySetup.PolicyOf("Tail"),
        });
        var seen = new TaskCompletionSource();
        var text = string.Concat(Enumerable.Repeat("The bread is fresh. ", 30));
        var script = stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(new ChatEvents().Role().Texts(text.Chunk(10).Select(piece => new string(piece))));
            await seen.Task.WaitAsync(Eventually.Patience);
            await call.WriteAsync(new ChatEvents().Finish().Done());
        });
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        using var received = new MemoryStream();
        var buffer = new byte[4096];

        while (new ReceivedEvents(Whole(received)).Text().Length < text.Length - 250)
        {
            var count = await body.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
            Assert.NotEqual(0, count);
            received.Write(buffer, 0, count);
        }

        Assert.True(new ReceivedEvents(Whole(received)).Text().Length <= text.Length - 190, "The tail did not wait.");
        seen.SetResult();
        await body.CopyToAsync(received);

        Assert.Equal(text, new ReceivedEvents(received.ToArray()).Text());
    }

    /// <summary>The whole events among the bytes so far.</summary>
    private static byte[] Whole(MemoryStream received)
    {
        var bytes = received.ToArray();
        var end = bytes.AsSpan().LastIndexOf("\n\n"u8);
        return bytes[..(end < 0 ? 0 : end + 2)];
    }

    private static void AssertCanned(Exchange buffered, Exchange streamed)
    {
        Assert.Equal(200, buffered.Status);
        Assert.Equal(Canned, (string?)buffered.Json["choices"]![0]!["message"]!["content"]);
        Assert.Equal("stop", (string?)buffered.Json["choices"]![0]!["finish_reason"]);
        Assert.Equal(200, streamed.Status);
        Assert.StartsWith("text/event-stream", streamed.ContentType, StringComparison.Ordinal);
        Assert.Equal(Canned, streamed.Events.Text());
        Assert.Equal("stop", streamed.Events.FinishReasons[0]);
        Assert.True(streamed.Events.IsDone);
    }

    private static Task<GatewayTestHost> StartAsync(StubModelServer stub, JsonObject policy) =>
        GatewayTestHost.StartAsync(new GatewaySetup { Upstream = stub.Address, Policy = policy });

    private static async Task<Exchange> SendAsync(GatewayTestHost host, byte[] body, StubScript script)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, body, script.Id);
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }
}
