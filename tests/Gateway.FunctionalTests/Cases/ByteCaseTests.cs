using System.Net.Http.Headers;
using System.Text;
using Gateway.FunctionalTests.Proxy;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>How the bytes of a request hide its text; the cases that no other class holds.</summary>
public sealed class ByteCaseTests(PlainGateway gateway, LimitedGateway limited) : IClassFixture<PlainGateway>, IClassFixture<LimitedGateway>
{
    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16be")]
    [InlineData("utf-32")]
    [InlineData("gb18030")]
    [InlineData("gbk")]
    [InlineData("gb2312")]
    [InlineData("big5")]
    [InlineData("shift_jis")]
    [InlineData("iso-8859-1")]
    public async Task Case_23_DeclaredCharset_IsTranscodedAndJudged(string charset)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var encoding = Encoding.GetEncoding(charset);
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));

        var passed = await SendAsync(encoding.GetBytes("""{"model":"m","messages":[{"role":"user","content":"a kestrel"}]}"""), charset, script);
        var blocked = await SendAsync(encoding.GetBytes("""{"model":"m","messages":[{"role":"user","content":"a kestrelbane"}]}"""), charset, script);

        Assert.Equal(200, passed.Status);
        var forwarded = Assert.Single(script.Requests);
        Assert.Equal("""{"model":"m","messages":[{"role":"user","content":"a kestrel"}]}""", Encoding.UTF8.GetString(forwarded.Body));
        Assert.Contains("utf-8", forwarded.Headers["content-type"], StringComparison.OrdinalIgnoreCase);
        Refusals.AssertBlockedPrompt(blocked);
        await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Block);
    }

    [Fact]
    public async Task Case_23_ChineseInItsOwnCharset_IsJudgedAndForwardedAsUtf8()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var encoding = Encoding.GetEncoding("gb18030");
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));

        var passed = await SendAsync(encoding.GetBytes("""{"model":"m","messages":[{"role":"user","content":"赤霞很美 𠮷"}]}"""), "gb18030", script);
        var blocked = await SendAsync(encoding.GetBytes($$"""{"model":"m","messages":[{"role":"user","content":"{{TestLexicon.BlockChinese}}"}]}"""), "GB18030", script);

        Assert.Equal(200, passed.Status);
        Assert.Contains("赤霞很美 𠮷", Encoding.UTF8.GetString(Assert.Single(script.Requests).Body), StringComparison.Ordinal);
        Refusals.AssertBlockedPrompt(blocked);
    }

    [Theory]
    [InlineData("utf-16", new byte[] { 0x7B, 0x00, 0x00, 0xD8, 0x7D, 0x00 })]
    [InlineData("gb18030", new byte[] { 0x7B, 0xFF, 0x7D })]
    [InlineData("utf-7", new byte[] { 0x7B, 0x7D })]
    [InlineData("x-unknown", new byte[] { 0x7B, 0x7D })]
    [InlineData("hz-gb-2312", new byte[] { 0x7B, 0x7D })]
    [InlineData("iso-2022-jp", new byte[] { 0x7B, 0x7D })]
    [InlineData("ibm037", new byte[] { 0xC0, 0xD0 })]
    public async Task Case_23_BytesThatTheCharsetCannotMean_AreRefused(string charset, byte[] body)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        var exchange = await SendAsync(body, charset, script);
        Assert.Equal(400, exchange.Status);
        Assert.Empty(script.Requests);
        await gateway.RecordAsync(exchange, Outcomes.Refused);
    }

    [Fact]
    public async Task Case_23_InvalidUtf8InsideTheTerm_IsRefused()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        var exchange = await gateway.ChatAsync([.. "{\"messages\":[{\"role\":\"user\",\"content\":\"kestr"u8, 0xFF, .. "elbane\"}]}"u8], script);
        Assert.Equal(400, exchange.Status);
        Assert.Empty(script.Requests);
    }

    [Theory]
    [InlineData("application/json", "application/json; charset=utf-7")]
    [InlineData("application/json; charset=utf-16", "application/json")]
    [InlineData("application/json; charset=utf-8; charset=utf-7")]
    [InlineData("application/json; charset*=utf-8''utf-7")]
    [InlineData("application/json;; charset=utf-7")]
    [InlineData("application/json; charset=utf-7,")]
    [InlineData("nonsense charset=utf-7")]
    public async Task Case_25_ContentTypeThatCanBeReadTwoWays_IsRefused(params string[] contentTypes)
    {
        var upstream = gateway.Stub.Requests.Count;
        var answer = await RawHttpClient.SendAsync(gateway.Host.Port, RawHttpClient.Post(
            GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), [.. contentTypes.Select(type => $"Content-Type: {type}")]));

        Assert.Equal(400, answer.Status);
        Assert.Contains("Content-Type", answer.Body, StringComparison.Ordinal);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Fact]
    public async Task Case_27_ExpectContinueAndTrailers_AreReadWhole()
    {
        var upstream = gateway.Stub.Requests.Count;
        var half = Encoding.ASCII.GetBytes("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"kestr");
        var rest = Encoding.ASCII.GetBytes("elbane\"}]}");
        var answer = await RawHttpClient.SendAsync(gateway.Host.Port, [
            .. Encoding.ASCII.GetBytes($"POST {GuardedGateway.ChatPath} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n{half.Length:x}\r\n"),
            .. half, .. Encoding.ASCII.GetBytes($"\r\n{rest.Length:x}\r\n"), .. rest, .. "\r\n0\r\nX-End: 1\r\n\r\n"u8,
        ]);
        Assert.Equal(400, answer.Status);
        Assert.Contains("content_filter", answer.Body, StringComparison.Ordinal);

        var expecting = await gateway.ChatAsync(ChatTranscripts.Request("kestrelbane"), adjust: request => request.Headers.ExpectContinue = true);
        Refusals.AssertBlockedPrompt(expecting);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Theory]
    [InlineData("x-consumer", "vip")]
    [InlineData("x-tenant", "vip")]
    [InlineData("gateway-policy", "none")]
    [InlineData("x-policy", "none")]
    public async Task Case_29_ForgedIdentity_ChangesNothing(string name, string value)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("kestrelbane"), adjust: request => request.Headers.Add(name, value));
        Refusals.AssertBlockedPrompt(exchange);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Fact]
    public async Task Case_30_TermBehindTheLimit_IsRefusedNeverClipped()
    {
        var script = limited.Stub.Json(ChatTranscripts.Answer("Fine."));
        var exchange = await limited.ChatAsync(ChatTranscripts.Request(new string('x', LimitedGateway.RequestBytes) + TestLexicon.Block), script);
        Assert.Equal(413, exchange.Status);
        Assert.Empty(script.Requests);
        await limited.RecordAsync(exchange, Outcomes.Refused);
    }

    [Fact]
    public async Task Case_31_TermAtAnyOffsetOfALongText_IsFound()
    {
        // Around powers of two and the sizes of buffers, before and behind, in characters of three bytes.
        var term = TestLexicon.BlockChinese;
        foreach (var edge in new[] { 32, 64, 256, 600, 1024, 1800 / 3, 4096, 16 * 1024 })
        {
            for (var offset = -term.Length - 1; offset <= term.Length + 1; offset++)
            {
                var exchange = await gateway.ChatAsync(ChatTranscripts.Request(new string('中', edge + offset) + term + new string('文', 40)));
                Assert.True(exchange.Status == 400, $"edge {edge}, offset {offset}: status {exchange.Status}");
            }
        }
    }

    [Fact]
    public async Task Case_32_TermBehindAMegabyteOfOneToken_IsFound()
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request(new string('x', 1_000_000) + TestLexicon.Block));
        Refusals.AssertBlockedPrompt(exchange);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    private Task<Exchange> SendAsync(byte[] body, string charset, StubScript script) => gateway.ChatAsync(body, script, request =>
        request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse($"application/json; charset={charset}"));
}
