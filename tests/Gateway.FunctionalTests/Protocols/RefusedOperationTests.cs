using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>What cannot be inspected is refused by name, with an error that says so and what to do instead.</summary>
public sealed class RefusedOperationTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Theory]
    [InlineData("POST", "/v1/files", "files_unsupported")]
    [InlineData("GET", "/v1/files/file-1/content", "files_unsupported")]
    [InlineData("POST", "/v1/batches", "files_unsupported")]
    [InlineData("GET", "/v1/batches/batch_1", "files_unsupported")]
    [InlineData("POST", "/v1/messages/batches", "files_unsupported")]
    [InlineData("GET", "/v1/realtime", "websocket_unsupported")]
    [InlineData("POST", "/v1/realtime/sessions", "websocket_unsupported")]
    public async Task Case_18_Operation_ThatCannotBeInspected_IsRefusedByName(string method, string path, string code)
    {
        var upstream = gateway.Stub.Requests.Count;
        var body = method == "POST" ? System.Text.Encoding.UTF8.GetBytes("{\"custom_id\":\"1\",\"body\":{\"x\":\"ok\"}}\n{\"x\":\"kestrelbane\"}\n") : null;

        var exchange = await gateway.SendAsync(new HttpMethod(method), path, body);

        Assert.Equal(400, exchange.Status);
        Refusals.AssertError(exchange, "invalid_request_error", code);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        await gateway.RecordAsync(exchange, Outcomes.Refused);
    }

    [Theory]
    [InlineData("GET", "/v1/realtime?model=m")]
    [InlineData("GET", "/v1/responses")]
    [InlineData("GET", "/nowhere")]
    public async Task Case_67_WebSocketUpgrade_IsRefused(string method, string path)
    {
        var answer = await RawHttpClient.SendAsync(gateway.Host.Port, System.Text.Encoding.Latin1.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));

        Assert.Equal(400, answer.Status);
        Assert.Contains("websocket_unsupported", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3]}")]
    [InlineData("/v1/completions", "{\"model\":\"m\",\"prompt\":[[1,2],[3]]}")]
    [InlineData("/v1/completions", "{\"model\":\"m\",\"prompt\":\"ok\",\"prompt_token_ids\":[1]}")]
    [InlineData("/v1/embeddings", "{\"model\":\"m\",\"input\":[1,2,3]}")]
    [InlineData("/tokenize", "{\"model\":\"m\",\"prompt\":[1,2,3]}")]
    [InlineData("/pooling", "{\"model\":\"m\",\"input\":[1,2,3]}")]
    [InlineData("/classify", "{\"model\":\"m\",\"input\":[[1,2],[3]]}")]
    [InlineData("/api/generate", "{\"model\":\"m\",\"prompt\":\"ok\",\"context\":[1,2,3]}")]
    public async Task TokenIds_AreRefused(string path, string body)
    {
        var upstream = gateway.Stub.Requests.Count;

        var exchange = await gateway.SendAsync(HttpMethod.Post, path, System.Text.Encoding.UTF8.GetBytes(body));

        Assert.Equal(400, exchange.Status);
        Assert.Contains("Token ids cannot be inspected", exchange.Text, StringComparison.Ordinal);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }
}
