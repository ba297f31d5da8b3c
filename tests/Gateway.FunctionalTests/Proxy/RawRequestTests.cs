using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Requests whose bytes can be read in more than one way, or hide a term from one of the readers.</summary>
public sealed class RawRequestTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Clean = """{"model":"m","messages":[{"role":"user","content":"ok"}]}""";
    private const string Blocked = """{"model":"m","messages":[{"role":"user","content":"kestrelbane"}]}""";

    [Fact]
    public async Task PipelinedRequests_AreEachJudged()
    {
        var upstream = gateway.Stub.Requests.Count;
        var answer = await SendAsync(Head($"Content-Length: {Clean.Length}") + Clean + Head($"Content-Length: {Blocked.Length}", "Connection: close") + Blocked);

        Assert.Equal(200, answer.Status);
        Assert.Contains("HTTP/1.1 400", answer.Body, StringComparison.Ordinal);
        Assert.Contains("content_filter", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Stub.Requests.Skip(upstream), request => Encoding.UTF8.GetString(request.Body).Contains("kestrelbane", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Content-Length: 4", "Content-Length: 66")]
    [InlineData("Content-Length: 4, 66")]
    [InlineData("Content-Length: +66")]
    [InlineData("Content-Length: 0x42")]
    [InlineData("Transfer-Encoding: chunked, identity")]
    [InlineData("Transfer-Encoding: xchunked", "Content-Length: 66")]
    [InlineData("Transfer-Encoding : chunked")]
    [InlineData("Transfer-Encoding: gzip")]
    public async Task LengthsThatContradict_AreRefused(params string[] headers)
    {
        var upstream = gateway.Stub.Requests.Count;
        var answer = await SendAsync(Head([.. headers, "Connection: close"]) + Blocked);

        Assert.InRange(answer.Status, 400, 501);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        Recorded.AssertHolds(answer.Head + answer.Body, "the answer");
    }

    [Fact]
    public async Task ChunkedBodyWithALengthToo_IsReadAsChunked()
    {
        var upstream = gateway.Stub.Requests.Count;
        var answer = await SendAsync(Head("Content-Length: 5", "Transfer-Encoding: chunked", "Connection: close") + $"{Blocked.Length:x};note=kestrelbane\r\n{Blocked}\r\n0\r\nX-Note: kestrelbane\r\n\r\n");

        Assert.Equal(400, answer.Status);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        Recorded.AssertHolds(answer.Head + answer.Body, "the answer");
    }

    [Fact]
    public async Task ChunkExtensionsAndTrailers_GoNowhere()
    {
        var upstream = gateway.Stub.Requests.Count;
        var answer = await SendAsync(Head("Transfer-Encoding: chunked", "Connection: close") + $"{Clean.Length:x};note=kestrelbane\r\n{Clean}\r\n0\r\nX-Note: kestrelbane\r\n\r\n");

        Assert.Equal(200, answer.Status);
        var forwarded = Assert.Single(gateway.Stub.Requests.Skip(upstream));
        Assert.Equal(Clean, Encoding.UTF8.GetString(forwarded.Body));
        Assert.DoesNotContain(forwarded.Headers, header => header.Value.Contains("kestrelbane", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST /v1/chat/completions HTTP/2.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /v1/chat/completions\0 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    public async Task OtherProtocols_AreRefused(string request)
    {
        var upstream = gateway.Stub.Requests.Count;
        var answer = await SendAsync(request);

        Assert.InRange(answer.Status, 400, 505);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"ok"}]}{"model":"m","messages":[{"role":"user","content":"kestrelbane"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"ok"},]}""")]
    [InlineData("""{"model":"m",/* kestrelbane */"messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"ok"}]} // kestrelbane""")]
    [InlineData("""{"model":"m","messages":[{"role":"user",'content':'kestrelbane'}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"kestrelbane"}],"seed":NaN}""")]
    [InlineData("""{"model":"m","stream":"true","messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData("""{"model":"m","stream":1,"messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"kestrel\nbane\"}]}")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ok\"}]}\0")]
    [InlineData("\uFEFF\uFEFF{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ok\"}]}")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"kestrel\u0000bane"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","\u0063ontent":"kestrelbane"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"ok","\u0063ontent":"kestrelbane"}]}""")]
    [InlineData("\uFEFF{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"kestrelbane\"}]}")]
    [InlineData("""{"model":"m","seed":123456789012345678901234567890e999,"messages":[{"role":"user","content":"kestrelbane"}]}""")]
    public async Task BodyThatSomeReadersWouldTake_IsRefused(string body)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await gateway.ChatAsync(Encoding.UTF8.GetBytes(body));

        Assert.Equal(400, exchange.Status);
        Recorded.AssertHolds(exchange.Text, "the refusal");
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/html")]
    [InlineData("application/octet-stream")]
    public async Task KeyInAnAnswerThatIsNoJson_IsMasked(string contentType)
    {
        var script = gateway.Stub.Script(call => call.AnswerAsync(Encoding.UTF8.GetBytes("早: use sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd now"), 200, contentType));
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);

        Assert.Equal("早: use [masked:api-key] now", exchange.Text);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Mask);
    }

    private Task<RawResponse> SendAsync(string request) => RawHttpClient.SendAsync(gateway.Host.Port, Encoding.UTF8.GetBytes(request));

    private static string Head(params string[] headers) =>
        $"POST {GuardedGateway.ChatPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";
}
