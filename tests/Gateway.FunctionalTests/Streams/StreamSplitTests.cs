using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Streams;

/// <summary>However the bytes of a stream are cut, the same bytes are released, and none of a block term.</summary>
public sealed class StreamSplitTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private static readonly Dictionary<string, (byte[] Bytes, bool IsBlocked)> Transcripts = new(StringComparer.Ordinal)
    {
        ["clean, near misses"] = Clean(Bare("Ein kestrel", " und 赤霞", "禁 und 𠮷野", " 😀 kestrelbane museum", ".")),
        ["clean, CRLF and comments"] = Clean(new ChatEvents(bare: true).Raw(": hi\r\n\r\nevent: m\r\nid: 7\r\n").Raw(
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"赤霞\"},\"finish_reason\":null}]}\r\n\r\nretry: 5\r\n\r\ndata:[DONE]\r\n\r\n")),
        ["clean, bare CR"] = Clean(new ChatEvents(bare: true).Raw("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"kestrel\"},\"finish_reason\":\"stop\"}]}\r\rdata: [DONE]\r\r")),
        ["clean, no final blank line"] = Clean(new ChatEvents(bare: true).Role().Text("kestrel").Finish().Raw("data: [DONE]")),
        ["clean, no end at all"] = Clean(new ChatEvents(bare: true).Role().Text("kestrelban").Finish()),
        ["clean, byte order mark"] = Clean(new ChatEvents(bare: true).Raw("\uFEFF").Role().Text("赤霞").Finish().Done()),
        ["clean, two choices"] = Clean(new ChatEvents(bare: true).Role().Text("kestrel").Role(1).Text("bane", 1).Finish().Finish(choice: 1).Usage().Done()),
        ["blocked, Latin"] = Blocked(Bare("It is ", "kestr", "elb", "ane", " indeed")),
        ["blocked, Chinese"] = Blocked(Bare("这是", "赤", "霞", "禁", "语", "吗")),
        ["blocked, four-byte characters"] = Blocked(Bare("😀", "𠮷野暗号", "😀")),
        ["blocked, CRLF"] = Blocked(new ChatEvents(bare: true).Raw(
            "data:{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"kestrel\"},\"finish_reason\":null}]}\r\n\r\n: c\r\n\r\ndata:{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"bane\"},\"finish_reason\":null}]}\r\n\r\ndata: [DONE]\r\n\r\n")),
        ["blocked, JSON escapes"] = Blocked(new ChatEvents(bare: true).Role().Raw(
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ud842\\udfb7\\u91ce\\u6697\\u53f7\"},\"finish_reason\":null}]}\n\n").Done()),
        ["blocked, tool call"] = Blocked(new ChatEvents(bare: true).Role().ToolStart("f").ToolArguments("{\"a\":\"kestrel").ToolArguments("bane\"}").Finish("tool_calls").Done()),
    };

    public static TheoryData<string> Names => new(Transcripts.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Stream_CutInTwoAtEveryByte_ReleasesTheSame(string name)
    {
        var (bytes, blocked) = Transcripts[name];
        var expected = await WholeAsync(bytes, blocked);

        await Parallel.ForEachAsync(Enumerable.Range(1, bytes.Length - 1), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (cut, _) =>
            AssertSame(expected, await SendAsync(Chunked.At(bytes, cut)), $"cut at byte {cut} of {bytes.Length}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Case_59_Stream_OneByteARead_ReleasesTheSame(string name)
    {
        var (bytes, blocked) = Transcripts[name];
        var expected = await WholeAsync(bytes, blocked);

        AssertSame(expected, await SendAsync(Chunked.Every(bytes, 1)), "one byte a read");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Stream_CutByChance_ReleasesTheSame(string name)
    {
        var (bytes, blocked) = Transcripts[name];
        var expected = await WholeAsync(bytes, blocked);
        var first = Random.Shared.Next(1_000_000);

        await Parallel.ForEachAsync(Enumerable.Range(0, 20), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (round, _) =>
            AssertSame(expected, await SendAsync(Chunked.BySeed(bytes, first + round)), $"seed {first + round}"));
    }

    private static ChatEvents Bare(params string[] texts) => new ChatEvents(bare: true).Texts(texts).Finish().Done();

    private static (byte[] Bytes, bool IsBlocked) Clean(ChatEvents events) => (events.Bytes, false);

    private static (byte[] Bytes, bool IsBlocked) Blocked(ChatEvents events) => (events.Bytes, true);

    /// <summary>What the transcript must give: itself, or its cut form.</summary>
    private async Task<byte[]> WholeAsync(byte[] bytes, bool blocked)
    {
        if (!blocked) return bytes;
        var whole = await SendAsync([bytes]);
        Recorded.AssertHolds(Encoding.UTF8.GetString(whole), "the stream's bytes");
        var events = new ReceivedEvents(whole);
        Assert.All(events.Texts.Values, text => Recorded.AssertHolds(text, "a text"));
        Assert.Equal("content_filter", events.FinishReasons[0]);
        Assert.True(events.IsDone);
        return whole;
    }

    private async Task<byte[]> SendAsync(IReadOnlyList<byte[]> pieces)
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Cut(pieces));
        Assert.Equal(200, exchange.Status);
        return exchange.Body;
    }

    private static void AssertSame(byte[] expected, byte[] actual, string cut)
    {
        if (expected.AsSpan().SequenceEqual(actual)) return;
        Assert.Fail($"Released something else, {cut}.\nExpected:\n{Encoding.UTF8.GetString(expected)}\nReleased:\n{Encoding.UTF8.GetString(actual)}");
    }
}
