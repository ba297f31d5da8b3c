using System.Globalization;
using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Streams;

/// <summary>A block term in a streamed answer: nothing of it leaves, the stream ends in the protocol's shape, the model server is told to stop.</summary>
public sealed class BlockedStreamTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Before = "So then, here it comes: ";

    public static TheoryData<string> Terms => new(TestLexicon.BlockTerms);

    [Theory]
    [MemberData(nameof(Terms))]
    public Task Term_InOneDelta_IsCut(string term) =>
        AssertCutAsync(new ChatEvents().Role().Text(Before).Text(term).Text(" and more"));

    /// <summary>However it is split: over chunks of the connection, in the middle of a character, over events, or all of it at once.</summary>
    [Theory]
    [MemberData(nameof(Terms))]
    public async Task Row06_Term_HoweverItIsSplit_LeavesNoByteAndStopsTheModelServer(string term)
    {
        var inOne = new ChatEvents().Role().Text($"{Before}{term} and more");
        var overEvents = new ChatEvents().Role().Texts(Runes($"{Before}{term} and more"));
        foreach (var pieces in new[] { inOne.Frames, Chunked.Every(inOne.Bytes, 1), Chunked.BySeed(inOne.Bytes, 6), overEvents.Frames, Chunked.Every(overEvents.Bytes, 2), Chunked.BySeed(overEvents.Bytes, 7) })
        {
            var script = Endless(pieces);

            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

            Refusals.AssertCut(exchange, Before);
            Assert.True(exchange.Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(term)) < 0);
            Assert.StartsWith(exchange.Events.Text(), Before, StringComparison.Ordinal);
            await AssertStoppedAsync(script);
            await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        }
    }

    [Theory]
    [MemberData(nameof(Terms))]
    public Task Term_InTheMiddleOfADelta_IsCut(string term) =>
        AssertCutAsync(new ChatEvents().Role().Text($"{Before}{term} and more"));

    [Theory]
    [MemberData(nameof(Terms))]
    public Task Term_OneCharacterADelta_IsCut(string term) =>
        AssertCutAsync(new ChatEvents().Role().Texts(Runes(Before + term + " and more")));

    [Theory]
    [MemberData(nameof(Terms))]
    public async Task Case_54_Term_OneByteAWrite_IsCut(string term)
    {
        var bytes = new ChatEvents().Role().Text(Before).Texts(Runes(term)).Text(" and more").Bytes;
        var script = Endless(Chunked.Every(bytes, 1));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Refusals.AssertCut(exchange, Before);
        await AssertStoppedAsync(script);
    }

    [Fact]
    public Task Case_54_Term_OverDeltasWithOtherFramesBetween_IsCut() => AssertCutAsync(new ChatEvents()
        .Role().Text(Before).Text("kes").Role().Text("").Empty().Raw(": ping\n\n").Text("trel").Usage().Raw("event: ping\ndata: {}\n\n").Text("ba").Text("ne").Text(" on"));

    [Fact]
    public Task Term_EscapedInJson_IsCut() => AssertCutAsync(new ChatEvents().Role().Text(Before).Raw(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\u8d64\\u971e\\u7981\\u8bed\"},\"finish_reason\":null}]}\n\n"));

    [Fact]
    public Task Term_InFullWidthAndZeroWidthForms_IsCut() => AssertCutAsync(new ChatEvents().Role().Text(Before)
        .Texts(Runes(TestLexicon.FullWidth("kestrel"))).Texts(Runes(TestLexicon.ZeroWidth("bane"))).Text(" on"));

    [Fact]
    public Task Term_InTheChunkThatFinishes_IsCut() => AssertCutAsync(new ChatEvents().Role().Text(Before).Text("kestrel").Raw(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"bane\"},\"finish_reason\":\"stop\"}]}\n\n").Done());

    [Fact]
    public Task Term_AtTheVeryEnd_IsCut() => AssertCutAsync(ChatEvents.Of(Before, "kestrelbane"));

    [Fact]
    public Task Term_AtTheEndOfAStreamWithoutFinishOrDone_IsCut() => AssertCutAsync(new ChatEvents().Role().Text(Before).Text("kestrelbane"), ends: true);

    [Theory]
    [InlineData("reasoning_content")]
    [InlineData("refusal")]
    public async Task Term_InAnotherChannel_IsCut(string channel)
    {
        var events = new ChatEvents().Role();
        foreach (var rune in Runes("Hm, kestrelbane it is")) _ = channel == "refusal" ? events.Refusal(rune) : events.Reasoning(rune);
        var script = Endless(events.Text("Fine.").Frames);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Refusals.AssertCut(exchange, "Hm, ", channel: channel);
        await AssertStoppedAsync(script);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Term_InToolCallArguments_IsCut()
    {
        var events = new ChatEvents().Role().ToolStart("lookup").ToolStart("other", call: 1);
        foreach (var piece in Runes("{\"q\":\"kestrelbane\"}")) events.ToolArguments("{", call: 1).ToolArguments(piece);
        var script = Endless(events.Frames);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Refusals.AssertCut(exchange, "{\"q\":\"", channel: "tool_calls/0");
        await AssertStoppedAsync(script);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Case_57_Term_InOneOfTwoInterleavedChoices_EndsBoth()
    {
        var events = new ChatEvents().Role().Role(1);
        foreach (var (harmless, other) in Runes("All is well with me").Zip(Runes("Now kestrelbane, see"))) events.Text(harmless).Text(other, 1);
        var script = Endless(events.Frames);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Refusals.AssertCut(exchange, "Now ", choice: 1, otherChoices: 0);
        Assert.StartsWith(exchange.Events.Text(), "All is well with me", StringComparison.Ordinal);
        await AssertStoppedAsync(script);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Term_SplitBetweenChoices_IsNoTerm()
    {
        var events = new ChatEvents().Role().Role(1).Text("kestrel").Text("bane", 1).Text("kestrel", 1).Text(" bank").Finish().Finish(choice: 1).Done();

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));

        Assert.Equal(events.Bytes, exchange.Body);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task FinishedChoice_BeforeACut_KeepsItsReason()
    {
        var events = new ChatEvents().Role().Role(1).Text("All is well.").Finish("length").Text("kestrelbane", 1).Text("more", 1);
        var script = Endless(events.Frames);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Assert.Equal("length", exchange.Events.FinishReasons[0]);
        Assert.Equal("content_filter", exchange.Events.FinishReasons[1]);
        Assert.Equal("All is well.", exchange.Events.Text());
        Assert.True(exchange.Events.IsDone);
        Assert.Single(exchange.Events.Chunks, chunk => chunk["choices"]!.AsArray().Any(choice => (int)choice!["index"]! == 0 && choice["finish_reason"] is not null));
    }

    [Fact]
    public async Task Text_BeforeATerm_IsDeliveredUpToIt()
    {
        const string Sentence = "This sentence is complete and harmless. ";
        var script = Endless(new ChatEvents().Role().Texts(Runes(Sentence)).Texts(Runes("But kestrelbane!")).Frames);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Refusals.AssertCut(exchange, Sentence + "But ");
        Assert.StartsWith(Sentence.TrimEnd(), exchange.Events.Text(), StringComparison.Ordinal);
        var record = await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        Assert.Equal(exchange.Events.Text().Length, record.DeliveredChars);
    }

    [Theory]
    [InlineData("kestrel")]
    [InlineData("kestrelban")]
    [InlineData("赤霞禁")]
    [InlineData("𠮷野")]
    [InlineData("amber sunset protoco")]
    [InlineData("kestrelbane museum")]
    [InlineData("kestrelbane museum kestrelban")]
    public async Task Case_56_Prefix_ThatTurnsOutBenignAtTheEnd_IsFlushedUnchanged(string ending)
    {
        foreach (var events in new[]
        {
            ChatEvents.OfRunes(Before + ending),
            ChatEvents.Of(Before, ending),
            new ChatEvents().Role().Texts(Runes(Before + ending)).Usage().Done(),
            new ChatEvents().Role().Texts(Runes(Before + ending)).Finish(),
        })
        {
            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));

            Assert.Equal(events.Bytes, exchange.Body);
            await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        }
    }

    [Fact]
    public async Task Answer_ThatStopsWithoutFinishing_IsJudgedAndEndsWithAnError()
    {
        var events = new ChatEvents().Role().Texts(Runes(Before + "kestrelban"));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));

        Assert.StartsWith(Encoding.UTF8.GetString(events.Bytes), exchange.Text, StringComparison.Ordinal);
        Assert.Equal("upstream_error", exchange.Events.ErrorCode);
        Assert.False(exchange.Events.IsDone);
        await gateway.RecordAsync(exchange, Outcomes.UpstreamError, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task AllowedTerm_ThatStaysIncomplete_IsCut() =>
        await AssertCutAsync(ChatEvents.OfRunes(Before + "kestrelbane muse"));

    [Fact]
    public async Task Streams_SideBySide_DoNotMixTheirStates()
    {
        var blocked = new ChatEvents().Role().Texts(Runes(Before + "kestrelbane and more")).Finish().Done();
        var clean = ChatEvents.OfRunes(Before + "kestrel bank and more");

        var exchanges = await Task.WhenAll(Enumerable.Range(0, 40).Select(index =>
            gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(index % 2 == 0 ? blocked : clean))));

        for (var index = 0; index < exchanges.Length; index++)
        {
            if (index % 2 == 0) Refusals.AssertCut(exchanges[index], Before);
            else Assert.Equal(clean.Bytes, exchanges[index].Body);
        }
    }

    [Fact]
    public async Task LongStream_WithATermAtItsEnd_IsCutThere()
    {
        var events = new ChatEvents().Role();
        for (var line = 0; line < 2_000; line++) events.Text(string.Create(CultureInfo.InvariantCulture, $"Line {line} is quite harmless. "));
        var script = Endless(events.Texts(Runes("kestrelbane!")).Frames);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Assert.Contains("Line 1999", exchange.Events.Text(), StringComparison.Ordinal);
        Recorded.AssertHolds(exchange.Text, "the stream");
        Assert.Equal("content_filter", exchange.Events.FinishReasons[0]);
        await AssertStoppedAsync(script);
    }

    private static IEnumerable<string> Runes(string text) => text.EnumerateRunes().Select(rune => rune.ToString());

    /// <summary>Sends the pieces, then goes on "generating" until the gateway hangs up.</summary>
    private StubScript Endless(IReadOnlyList<byte[]> pieces) => gateway.Stub.Script(async call =>
    {
        await call.StartStreamAsync();
        foreach (var piece in pieces) await call.WriteAsync(piece);
        await call.Cancelled;
    });

    private static async Task AssertStoppedAsync(StubScript script)
    {
        var call = await script.Called;
        await call.Cancelled.WaitAsync(Eventually.Patience);
    }

    private async Task AssertCutAsync(ChatEvents events, bool ends = false)
    {
        var script = ends || events.Frames[^1].AsSpan().IndexOf("[DONE]"u8) >= 0 ? gateway.Stub.Stream(events) : Endless(events.Frames);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

        Refusals.AssertCut(exchange, Before);
        var record = await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        Assert.NotEmpty(record.ResponseDetections);
    }
}
