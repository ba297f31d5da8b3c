using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Streams;

/// <summary>The many spellings of server-sent events: clean ones pass as they came, a term is found in each.</summary>
public sealed class StreamFormatTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Delta = """{"id":"c","choices":[{"index":0,"delta":{"content":"TEXT"},"finish_reason":null}]}""";

    private static readonly string[] Endings = ["\n", "\r\n", "\r"];

    /// <summary>Streams with two gaps for text (the third kind also finishes the choice); <c>\n</c> stands for the line ending.</summary>
    private static readonly Dictionary<string, string> Forms = new(StringComparer.Ordinal)
    {
        ["plain"] = "data: <1>\n\ndata: <2>\n\ndata: [DONE]\n\n",
        ["no space"] = "data:<1>\n\ndata:<2>\n\ndata:[DONE]\n\n",
        ["two spaces"] = "data:  <1>\n\ndata:  <2>\n\ndata: [DONE]\n\n",
        ["comments"] = ": hello\n\n:\ndata: <1>\n: between\n\ndata: <2>\n\n: bye\n\ndata: [DONE]\n\n",
        ["id and retry"] = "id: 1\nretry: 100\ndata: <1>\n\nid: 2\ndata: <2>\nid: 3\n\ndata: [DONE]\n\n",
        ["event before data"] = "event: message\ndata: <1>\n\nevent: message\ndata: <2>\n\ndata: [DONE]\n\n",
        ["event after data"] = "data: <1>\nevent: message\n\ndata: <2>\nevent: message\n\ndata: [DONE]\n\n",
        ["unknown fields"] = "x-field: 1\ndata: <1>\n\nx-field\ndata: <2>\n\ndata: [DONE]\n\n",
        ["extra blank lines"] = "\n\ndata: <1>\n\n\n\ndata: <2>\n\n\ndata: [DONE]\n\n\n",
        ["no final blank line"] = "data: <1>\n\ndata: <2>\n\ndata: [DONE]\n",
        ["no final line ending"] = "data: <1>\n\ndata: <2>\n\ndata: [DONE]",
        ["no end"] = "data: <1>\n\ndata: <3>\n\n",
        ["no end, no blank line"] = "data: <1>\n\ndata: <3>",
        ["byte order mark"] = "\uFEFFdata: <1>\n\ndata: <2>\n\ndata: [DONE]\n\n",
        ["an event without data"] = "event: ping\n\ndata: <1>\n\nevent: ping\ndata\n\ndata: <2>\n\ndata: [DONE]\n\n",
        ["lines after the end"] = "data: <1>\n\ndata: <2>\n\ndata: [DONE]\n\n: bye\n\n",
    };

    public static TheoryData<string> Names => new(Forms.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Case_58_Stream_CleanInAnySpelling_PassesUnchanged(string form)
    {
        foreach (var ending in Endings)
        {
            var bytes = Build(form, ending, "It is kestrel", " and so on");

            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([bytes]));

            Assert.Equal(Encoding.UTF8.GetString(bytes), exchange.Text);
            await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Case_58_Stream_BlockedInAnySpelling_IsCut(string form)
    {
        foreach (var ending in Endings)
        {
            var bytes = Build(form, ending, "It is kestrel", "bane");

            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([bytes]));

            Refusals.AssertCut(exchange, "It is ");
            await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        }
    }

    [Theory]
    [InlineData(" data: <1>\n\n data: <2>\n\n")]
    [InlineData("\tdata: <1>\n\n\tdata: <2>\n\n")]
    [InlineData("Data: <1>\n\nDATA: <2>\n\n")]
    [InlineData("data : <1>\n\ndata : <2>\n\n")]
    [InlineData(": first\n\n\uFEFFdata: <1>\n\n\uFEFFdata: <2>\n\n")]
    public async Task Case_58_LinesThatOnlySomeReadersTakeForData_EndTheStream(string stream)
    {
        foreach (var ending in Endings)
        {
            var bytes = Encoding.UTF8.GetBytes(Fill(stream, ending, "It is kestrel", "bane"));

            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([bytes]));

            Assert.DoesNotContain("bane", exchange.Text, StringComparison.Ordinal);
            Assert.Contains("answer_uninspectable", exchange.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("[DONE]", exchange.Text, StringComparison.Ordinal);
            await gateway.RecordAsync(exchange, Outcomes.Failed);
        }
    }

    [Fact]
    public async Task Case_58_CommentThatIsNotUtf8_EndsTheStream()
    {
        byte[] bytes = [.. ": kestrel"u8, 0xFF, .. "bane\n\n"u8, .. Encoding.UTF8.GetBytes(Fill("data: <3>\n\n", "\n", "Fine", ""))];

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([bytes]));

        Assert.DoesNotContain("bane", exchange.Text, StringComparison.Ordinal);
        await gateway.RecordAsync(exchange, Outcomes.Failed);
    }

    [Fact]
    public async Task Case_58_WhatFollowsTheEndOfAnArray_EndsTheStream()
    {
        static string Step(string text) => $$$"""{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"{{{text}}}"}]}}]}""";
        var script = gateway.Stub.Cut([Encoding.UTF8.GetBytes($"[{Step("It is kestrel")}]"), Encoding.UTF8.GetBytes($"[{Step("bane")}]")], "application/json");

        var exchange = await gateway.SendAsync(HttpMethod.Post, "/v1beta/models/g:streamGenerateContent", """{"contents":[{"parts":[{"text":"Hello"}]}]}"""u8.ToArray(), script.Id);

        Assert.DoesNotContain("bane", exchange.Text, StringComparison.Ordinal);
        await gateway.RecordAsync(exchange, Outcomes.Failed);
    }

    [Fact]
    public async Task Data_OverSeveralLines_IsReadAsOneEvent()
    {
        const string Stream = "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"赤霞TEXT\"},\ndata: \"finish_reason\":null}]}\n\ndata: [DONE]\n\n";

        var clean = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([Utf8(Stream.Replace("TEXT", "好", StringComparison.Ordinal))]));
        var blocked = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([Utf8(Stream.Replace("TEXT", "禁语", StringComparison.Ordinal))]));

        Assert.Equal(Stream.Replace("TEXT", "好", StringComparison.Ordinal), clean.Text);
        Refusals.AssertCut(blocked, "");
    }

    [Theory]
    [InlineData("data: WORD\n\n")]
    [InlineData("event: WORD\ndata: {}\n\n")]
    [InlineData(": WORD\n\n")]
    [InlineData("id: WORD\n\n")]
    [InlineData("x-note: WORD\n\n")]
    [InlineData("WORD\n\n")]
    [InlineData("data: {\"error\":{\"message\":\"WORD\"}}\n\n")]
    [InlineData("event: error\ndata: {\"error\":{\"message\":\"WORD\"}}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Fine\"}}]}{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"WORD\"}}]}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Fine\",\"content\":\"WORD\"}}]}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"unknown\":[\"WORD\"]}}]}\n\n")]
    [InlineData("data: {\"choices\":[],\"system_fingerprint\":\"WORD\",\"note\":\"WORD\"}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":{\"content\":[{\"token\":\"WORD\"}]}}]}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"message\":{\"content\":\"WORD\"},\"finish_reason\":\"stop\"}]}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"text\":\"WORD\"}]}\n\n")]
    public async Task Term_WhereNoTextIsExpected_IsNotReleased(string frame)
    {
        var bytes = Utf8("data: " + Delta.Replace("TEXT", "Fine. ", StringComparison.Ordinal) + "\n\n"
            + frame.Replace("WORD", TestLexicon.Block, StringComparison.Ordinal) + "data: [DONE]\n\n");

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([bytes]));

        Recorded.AssertHolds(exchange.Text, "the stream");
        await Recorded.NoLeakAsync(gateway.Host, exchange);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Fact]
    public async Task InvalidUtf8_InAStream_NeverHidesATerm()
    {
        byte[] bytes = [.. Utf8("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"kestrel"), 0xFF, .. Utf8("bane\"}}]}\n\ndata: [DONE]\n\n")];

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([bytes]));

        Assert.False(bytes.AsSpan().SequenceEqual(exchange.Body), "Bytes that are not UTF-8 were released as if judged.");
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    private static byte[] Build(string form, string ending, string one, string two) => Utf8(Fill(Forms[form], ending, one, two));

    private static string Fill(string form, string ending, string one, string two) =>
        form.Replace("\n", ending, StringComparison.Ordinal)
            .Replace("<1>", Delta.Replace("TEXT", one, StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("<2>", Delta.Replace("TEXT", two, StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("<3>", Delta.Replace("TEXT", two, StringComparison.Ordinal).Replace("null", "\"stop\"", StringComparison.Ordinal), StringComparison.Ordinal);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
