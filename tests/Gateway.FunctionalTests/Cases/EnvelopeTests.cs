using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Text around a body: status lines, headers, trailers, answers that lead elsewhere. Nothing of a block term passes in them, either way.</summary>
public sealed class EnvelopeTests(RawUpstreamGateway gateway) : IClassFixture<RawUpstreamGateway>
{
    private const string Whole = "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Fine.\"},\"finish_reason\":\"stop\"}]}";
    private const string Streamed = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Fine.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

    [Theory]
    [InlineData("HTTP/1.1 200 kestrelbane")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Note: a kestrelbane")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Note: k%65strelbane")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Note: fine\r\nX-Note: kestrelbane")]
    [InlineData("HTTP/1.1 200 OK\r\nkestrelbane: 1")]
    [InlineData("HTTP/1.1 200 OK\r\nSet-Cookie: a=kestrelbane")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=kestrelbane.txt")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Language: kestrelbane")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Key: sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd")]
    [InlineData("HTTP/1.1 100 kestrelbane\r\nX-Note: kestrelbane\r\n\r\nHTTP/1.1 200 OK")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: <kestrelbane>\r\n\r\nHTTP/1.1 200 OK")]
    public async Task Answer_WithTextInItsHead_PassesWithoutIt(string head)
    {
        foreach (var stream in new[] { false, true })
        {
            var (status, headers, body, id) = await AskAsync(Answer(head, stream), stream);

            Assert.Equal(200, status);
            Assert.Equal(stream ? Streamed : Whole, body);
            Recorded.AssertHolds(headers, "the head");
            Assert.DoesNotContain("%65strelbane", headers, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-proj", headers, StringComparison.Ordinal);
            var record = Assert.Single(gateway.Host.Audit.Find(id));
            Recorded.AssertHolds(record.ToString(), "the record");
            if (head.Contains("200 OK\r\n", StringComparison.Ordinal)) Assert.NotEmpty(record.ResponseDetections);
        }
    }

    [Fact]
    public async Task Answer_WithHarmlessHeaders_KeepsThem()
    {
        var (_, headers, _, id) = await AskAsync(Answer("HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nX-Served-By: 10.1.2.3\r\nOpenAI-Processing-Ms: 12", stream: false), stream: false);

        foreach (var header in new[] { "x-request-id: req_1", "x-served-by: 10.1.2.3", "openai-processing-ms: 12" }) Assert.Contains(header, headers, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Assert.Single(gateway.Host.Audit.Find(id)).ResponseDetections);
    }

    [Fact]
    public async Task Answer_WithTrailers_LosesThem()
    {
        var answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-Note\r\n\r\n{Whole.Length:x};x=kestrelbane\r\n{Whole}\r\n0\r\nX-Note: kestrelbane\r\n\r\n");

        var (status, headers, body, _) = await AskAsync(answer, stream: false);

        Assert.Equal(200, status);
        Recorded.AssertHolds(headers + body, "the answer");
    }

    [Theory]
    [InlineData("301 Moved Permanently")]
    [InlineData("302 Found")]
    [InlineData("307 Temporary Redirect")]
    [InlineData("308 Permanent Redirect")]
    public async Task Answer_ThatLeadsElsewhere_IsNotPassedOn(string status)
    {
        foreach (var path in new[] { GuardedGateway.ChatPath, "/v1/models" })
        {
            gateway.Raw.Answer = Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\nLocation: {gateway.Raw.Address}v1/chat/completions\r\nContent-Length: 0\r\n\r\n");
            var answer = await RawHttpClient.SendAsync(gateway.Host.Port, path == GuardedGateway.ChatPath
                ? RawHttpClient.Post(path, ChatTranscripts.Request("Hello"), "Content-Type: application/json")
                : Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));

            Assert.Equal(502, answer.Status);
            Assert.Null(answer.Header("Location"));
            Assert.Contains("upstream_redirect", answer.Body, StringComparison.Ordinal);
            Assert.Single(gateway.Host.Audit.Find(answer.Header("Gateway-Request-Id")!));
        }
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("SPDY/3.1")]
    [InlineData("spdy/3.1, h2c")]
    public async Task Upgrade_OnAnyPath_IsRefused(string protocol)
    {
        gateway.Raw.Answer = Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nkestrelbane");
        foreach (var (method, path) in new[] { ("GET", "/v1/models"), ("GET", "/api/version"), ("GET", "/v1/responses/resp_1"), ("POST", GuardedGateway.ChatPath) })
        {
            var upstream = gateway.Raw.Requests.Count;
            var body = method == "POST" ? Encoding.UTF8.GetString(ChatTranscripts.Request("Hello")) : "";
            var answer = await RawHttpClient.SendAsync(gateway.Host.Port, Encoding.ASCII.GetBytes(
                $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: {protocol}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nContent-Length: {body.Length}\r\n\r\n{body}"));

            Assert.Equal(400, answer.Status);
            Assert.Contains("WebSocket connections cannot be inspected", answer.Body, StringComparison.Ordinal);
            Recorded.AssertHolds(answer.Head + answer.Body, "the answer");
            Assert.Equal(upstream, gateway.Raw.Requests.Count);
        }
    }

    [Fact]
    public async Task Upgrade_ToHttp2_IsOfferedByGoodClientsAndIgnored()
    {
        gateway.Raw.Answer = Answer("HTTP/1.1 200 OK", stream: false);
        var answer = await RawHttpClient.SendAsync(gateway.Host.Port, RawHttpClient.Post(GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"),
            "Content-Type: application/json", "Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"));

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("Upgrade:", gateway.Raw.Requests[^1], StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("X-Note: a kestrelbane")]
    [InlineData("X-Note: k%65strelbane")]
    [InlineData("kestrelbane: 1")]
    [InlineData("Cookie: a=kestrelbane")]
    [InlineData("User-Agent: kestrelbane/1.0")]
    [InlineData("OpenAI-Organization: kestrelbane")]
    [InlineData("X-Note: fine\r\nX-Note: kestrelbane")]
    [InlineData("Content-Language: kestrelbane")]
    public async Task Request_WithTextInAHeader_IsForwardedWithoutIt(string header)
    {
        gateway.Raw.Answer = Answer("HTTP/1.1 200 OK", stream: false);
        foreach (var request in new[]
        {
            RawHttpClient.Post(GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), "Content-Type: application/json", "X-Kept: yes", header),
            Encoding.ASCII.GetBytes($"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Kept: yes\r\n{header}\r\n\r\n"),
        })
        {
            var answer = await RawHttpClient.SendAsync(gateway.Host.Port, request);

            Assert.Equal(200, answer.Status);
            Recorded.AssertHolds(gateway.Raw.Requests[^1], "what the model server got");
            Assert.DoesNotContain("%65strelbane", gateway.Raw.Requests[^1], StringComparison.Ordinal);
            Assert.Contains("X-Kept: yes", gateway.Raw.Requests[^1], StringComparison.Ordinal);
            var record = Assert.Single(gateway.Host.Audit.Find(answer.Header("Gateway-Request-Id")!));
            Assert.NotEmpty(record.RequestDetections);
            Recorded.AssertHolds(record.ToString(), "the record");
        }
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override: DELETE")]
    [InlineData("X-HTTP-Method: DELETE")]
    [InlineData("X-Method-Override: DELETE")]
    [InlineData("X-Original-URL: /v1/files")]
    [InlineData("X-Rewrite-URL: /v1/files")]
    public async Task Header_ThatNamesAnotherRequest_IsNotForwarded(string header)
    {
        gateway.Raw.Answer = Answer("HTTP/1.1 200 OK", stream: false);
        var answer = await RawHttpClient.SendAsync(gateway.Host.Port,
            RawHttpClient.Post(GuardedGateway.ChatPath, ChatTranscripts.Request("Hello"), "Content-Type: application/json", header));

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain(header.Split(':')[0], gateway.Raw.Requests[^1], StringComparison.OrdinalIgnoreCase);
    }

    private async Task<(int Status, string Head, string Body, string Id)> AskAsync(byte[] answer, bool stream)
    {
        gateway.Raw.Answer = answer;
        var request = RawHttpClient.Post(GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream), "Content-Type: application/json");
        var raw = await RawHttpClient.SendAsync(gateway.Host.Port, request);
        using var message = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream), null);
        using var response = await gateway.Host.Client.SendAsync(message);
        var exchange = await Exchange.ReadAsync(response);
        var trailers = string.Join('\n', response.TrailingHeaders.Select(header => $"{header.Key}: {string.Join(',', header.Value)}"));
        return (exchange.Status, raw.Head + trailers + (raw.Body.Contains("X-Note", StringComparison.Ordinal) ? raw.Body : ""), exchange.Text, exchange.Id!);
    }

    private static byte[] Answer(string head, bool stream) => Encoding.Latin1.GetBytes(
        $"{head}\r\nConnection: close\r\nContent-Type: {(stream ? "text/event-stream" : "application/json")}\r\nContent-Length: {(stream ? Streamed : Whole).Length}\r\n\r\n{(stream ? Streamed : Whole)}");
}
