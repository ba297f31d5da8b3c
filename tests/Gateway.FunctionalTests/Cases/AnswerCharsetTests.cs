using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>
/// Answers whose content type names a charset, truly or not: what is judged is what is sent, and sent as UTF-8; where nobody
/// can say what a client would read, policy decides (<c>OnUninspectable</c>).
/// </summary>
public sealed class AnswerCharsetTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Json = "application/json";

    public static TheoryData<string> Known => new("utf-16", "utf-16le", "utf-16be", "utf-32", "gb18030", "gbk", "gb2312", "big5", "shift_jis", "euc-kr", "iso-8859-1", "windows-1252");

    /// <summary>Nobody reads these here: their letters are elsewhere, or hang on what came before.</summary>
    public static TheoryData<string> Unknown => new("utf-7", "hz-gb-2312", "iso-2022-jp", "ibm037", "x-unknown", "utf-8; charset=utf-16", "utf-8'';charset*=utf-16");

    [Theory]
    [MemberData(nameof(Known))]
    public async Task Case_50_Answer_InADeclaredCharset_IsJudgedAndSentAsUtf8(string charset)
    {
        var encoding = EncodingOf(charset);
        var clean = ChatTranscripts.Answer(charset.StartsWith("utf", StringComparison.Ordinal) || charset.StartsWith("gb18", StringComparison.Ordinal) ? "赤霞很美 𠮷" : "All is well.");

        var passed = await AnswerAsync(Encoding.Convert(Encoding.UTF8, encoding, clean), $"{Json}; charset={charset}");
        var blocked = await AnswerAsync(Encoding.Convert(Encoding.UTF8, encoding, ChatTranscripts.Answer("It is kestrelbane.")), $"{Json}; charset={charset}");

        Assert.Equal(Encoding.UTF8.GetString(clean), passed.Text);
        Assert.Equal($"{Json}; charset=utf-8", passed.ContentType);
        await gateway.RecordAsync(passed, Outcomes.Completed, Actions.Allow, Actions.Allow);
        AssertHoldsNothing(blocked.Body);
        Assert.Equal("content_filter", (string?)blocked.Json["choices"]![0]!["finish_reason"]);
        await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Theory]
    [InlineData("gb18030")]
    [InlineData("gbk")]
    [InlineData("gb2312")]
    public async Task Case_50_ChineseAnswer_InItsOwnCharset_IsJudged(string charset)
    {
        var answer = Encoding.Convert(Encoding.UTF8, EncodingOf(charset), ChatTranscripts.Answer($"那是{TestLexicon.BlockChinese}。"));

        var declared = await AnswerAsync(answer, $"{Json}; charset={charset}");
        var plain = await AnswerAsync(EncodingOf(charset).GetBytes(TestLexicon.BlockChinese), $"text/plain; charset=\"{charset}\"");

        foreach (var exchange in new[] { declared, plain })
        {
            AssertHoldsNothing(exchange.Body);
            await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        }
    }

    [Theory]
    [MemberData(nameof(Known))]
    public async Task Case_50_Answer_InUtf8ThatSaysSomethingElse_IsJudgedAsUtf8AndSaysSo(string charset)
    {
        var clean = ChatTranscripts.Answer("赤霞很美, café");

        var passed = await AnswerAsync(clean, $"{Json}; charset={charset}");
        var blocked = await AnswerAsync(ChatTranscripts.Answer(TestLexicon.BlockChinese), $"{Json}; charset={charset}");

        Assert.Equal(clean, passed.Body);
        Assert.Equal($"{Json}; charset=utf-8", passed.ContentType);
        await gateway.RecordAsync(passed, Outcomes.Completed, Actions.Allow, Actions.Allow);
        AssertHoldsNothing(blocked.Body);
        await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Theory]
    [InlineData(Json)]
    [InlineData(Json + "; charset=utf-8")]
    [InlineData("text/plain")]
    public async Task Case_50_Answer_InAnotherCharsetThatDoesNotSaySo_IsWithheld(string contentType)
    {
        foreach (var charset in new[] { "utf-16le", "utf-16be", "utf-16", "gb18030", "big5" })
        {
            var exchange = await AnswerAsync(Encoding.Convert(Encoding.UTF8, EncodingOf(charset), ChatTranscripts.Answer($"{TestLexicon.Block} 早")), contentType);
            Assert.Equal(502, exchange.Status);
            AssertHoldsNothing(exchange.Body);
            await gateway.RecordAsync(exchange, Outcomes.Failed);
        }
    }

    [Theory]
    [MemberData(nameof(Unknown))]
    public async Task Case_50_Answer_InACharsetThatNobodyReads_IsWithheldUnlessPolicySaysOtherwise(string charset)
    {
        var body = Encoding.ASCII.GetBytes("""{"choices":[{"index":0,"message":{"content":"+AGsAZQBzAHQAcgBlAGwAYgBhAG4AZQ-"}}]}""");

        foreach (var (bytes, contentType) in new[] { (body, $"{Json}; charset={charset}"), (Encoding.ASCII.GetBytes("data: [DONE]\n\n"), $"text/event-stream; charset={charset}") })
        {
            var withheld = await AnswerAsync(bytes, contentType);
            Assert.Equal(502, withheld.Status);
            Assert.DoesNotContain("AGsAZ", withheld.Text, StringComparison.Ordinal);
            await gateway.RecordAsync(withheld, Outcomes.Failed);
        }

        await using var lenient = await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = gateway.Stub.Address, Policy = GatewaySetup.PolicyOf(members: ("OnUninspectable", "Allow")) });
        foreach (var (bytes, contentType) in new[] { (body, $"{Json}; charset={charset}"), (Encoding.ASCII.GetBytes("data: [DONE]\n\n"), $"text/event-stream; charset={charset}") })
        {
            using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), gateway.Stub.Script(call => call.AnswerAsync(bytes, 200, contentType)).Id);
            using var response = await lenient.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var passed = await Exchange.ReadAsync(response);
            Assert.Equal(bytes, passed.Body);
            var record = await Recorded.CheckAsync(lenient, passed, Outcomes.Completed);
            Assert.Contains(record.Json["response"]!["unjudged"]!.AsArray(), part => (string?)part!["reason"] == "uninspectable" && (string?)part["kind"] == "charset");
        }
    }

    [Fact]
    public async Task Case_50_Answer_WithTwoContentTypes_IsWithheld()
    {
        var script = gateway.Stub.Script(call =>
        {
            call.Response.Headers.ContentType = new[] { Json, $"{Json}; charset=utf-16" };
            return call.Response.Body.WriteAsync(ChatTranscripts.Answer("Fine.")).AsTask();
        });
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);
        Assert.Equal(502, exchange.Status);
        await gateway.RecordAsync(exchange, Outcomes.Failed);
    }

    [Theory]
    [InlineData("gbk", true)]
    [InlineData("iso-8859-1", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-32le", false)]
    public async Task Case_50_Stream_WithADeclaredCharset_IsReadAsUtf8OrWithheld(string charset, bool isRead)
    {
        var clean = new ChatEvents().Role().Text("赤霞很美, ").Text("kestrel").Finish().Done();
        var passed = await StreamAsync(clean.Bytes, charset);
        var blocked = await StreamAsync(new ChatEvents().Role().Text("It is kestrel").Text("bane").Finish().Done().Bytes, charset);
        var encoded = await StreamAsync(Encoding.Convert(Encoding.UTF8, EncodingOf(charset == "iso-8859-1" ? "gbk" : charset), new ChatEvents().Role().Text(TestLexicon.BlockChinese).Finish().Done().Bytes), charset);

        AssertHoldsNothing(encoded.Body);
        await gateway.RecordAsync(encoded, Outcomes.Failed);
        if (!isRead)
        {
            foreach (var exchange in new[] { passed, blocked })
            {
                Assert.Equal(502, exchange.Status);
                await gateway.RecordAsync(exchange, Outcomes.Failed);
            }

            return;
        }

        Assert.Equal(clean.Bytes, passed.Body);
        Assert.Equal("text/event-stream; charset=utf-8", passed.ContentType);
        Refusals.AssertCut(blocked, "It is ");
    }

    private Task<Exchange> AnswerAsync(byte[] body, string contentType) =>
        gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Script(call => call.AnswerAsync(body, 200, contentType)));

    private Task<Exchange> StreamAsync(byte[] body, string charset) =>
        gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Cut([body], $"text/event-stream; charset={charset}"));

    /// <summary>No block term in the bytes, in whatever charset they are read.</summary>
    private static void AssertHoldsNothing(byte[] bytes)
    {
        foreach (var charset in new[] { "utf-8", "utf-16le", "utf-16be", "utf-32", "gb18030", "big5" }) Recorded.AssertHolds(EncodingOf(charset).GetString(bytes), $"the answer read as {charset}");
    }

    private static Encoding EncodingOf(string charset)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(charset);
    }
}
