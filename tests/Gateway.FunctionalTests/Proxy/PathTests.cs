using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Only what a protocol claims is forwarded; whatever else is asked for is refused, however it is spelled.</summary>
public sealed class PathTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v1/models/stub-model")]
    [InlineData("/v1/nothing/of/the/kind")]
    [InlineData("/api/pull")]
    [InlineData("/api/delete")]
    [InlineData("/metrics")]
    [InlineData("/audit")]
    public async Task UnknownPath_IsRefusedInJson(string path)
    {
        var upstream = gateway.Stub.Requests.Count;

        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Get })
        {
            var exchange = await gateway.SendAsync(method, path, method == HttpMethod.Post ? ChatTranscripts.Request(TestLexicon.Block) : null);

            Assert.Equal(404, exchange.Status);
            Refusals.AssertError(exchange);
            await gateway.RecordAsync(exchange, Outcomes.Refused);
        }

        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions")]
    [InlineData("PUT", "/v1/chat/completions")]
    [InlineData("DELETE", "/v1/chat/completions")]
    [InlineData("PATCH", "/v1/chat/completions")]
    [InlineData("POST", "/v1/models")]
    [InlineData("QUERY", "/v1/chat/completions")]
    public async Task OtherMethod_OnAKnownPath_IsRefused(string method, string path)
    {
        var upstream = gateway.Stub.Requests.Count;

        var exchange = await gateway.SendAsync(new HttpMethod(method), path, ChatTranscripts.Request(TestLexicon.Block));

        Assert.True(exchange.Status is 404 or 405, $"Status {exchange.Status}");
        Refusals.AssertError(exchange);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Theory]
    [InlineData("/v1//chat/completions")]
    [InlineData("//v1/chat/completions")]
    [InlineData("/v1/chat/completions/")]
    [InlineData("/v1/chat//completions")]
    [InlineData("/V1/Chat/Completions")]
    [InlineData("/v1/chat/%63ompletions")]
    [InlineData("/v1/chat%2fcompletions")]
    [InlineData("/v1/chat%2Fcompletions")]
    [InlineData("/v1/./chat/completions")]
    [InlineData("/v1/%2e/chat/completions")]
    [InlineData("/v1/x/../chat/completions")]
    [InlineData("/v1/x/%2e%2e/chat/completions")]
    [InlineData("/v1/models/../chat/completions")]
    [InlineData("/v1/models/%2e%2e/chat/completions")]
    [InlineData("/v1/chat/completions;x=1")]
    [InlineData("/v1/chat/completions%00")]
    [InlineData("/v1/chat\\completions")]
    [InlineData("/v1/chat/completions?x=/v1/models")]
    [InlineData("http://localhost/v1/chat/completions")]
    public async Task Case_26_PathTrick_WithABlockTerm_IsNeverForwarded(string path)
    {
        var upstream = gateway.Stub.Requests.Count;

        var answer = await RawHttpClient.SendAsync(gateway.Host.Port,
            RawHttpClient.Post(path, ChatTranscripts.Request(TestLexicon.Block), "Content-Type: application/json"));

        Assert.True(answer.Status is 400 or 404, $"Status {answer.Status}: {answer.Body}");
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        Recorded.AssertHolds(answer.Head + answer.Body, "the refusal");
    }

    [Theory]
    [InlineData("/v1/models/../chat/completions")]
    [InlineData("/v1/models/..%2fchat/completions")]
    [InlineData("/v1/models/%2e%2e/chat/completions")]
    [InlineData("/v1/models?x=../chat/completions")]
    public async Task PathTrick_UnderAnExemptName_CarriesNoBody(string path)
    {
        var upstream = gateway.Stub.Requests.Count;

        var answer = await RawHttpClient.SendAsync(gateway.Host.Port, System.Text.Encoding.Latin1.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\nkestrelbane"));

        foreach (var request in gateway.Stub.Requests.Skip(upstream))
        {
            Assert.StartsWith("/v1/models", request.Path, StringComparison.Ordinal);
            Assert.DoesNotContain("..", request.Path.Split('?')[0], StringComparison.Ordinal);
            Assert.Empty(request.Body);
        }

        Recorded.AssertHolds(answer.Head + answer.Body, "the answer");
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override: GET")]
    [InlineData("X-Original-URL: /v1/models")]
    [InlineData("X-Rewrite-URL: /v1/models")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade")]
    public async Task Header_ThatPretendsAnotherRequest_ChangesNothing(string header)
    {
        var upstream = gateway.Stub.Requests.Count;

        var answer = await RawHttpClient.SendAsync(gateway.Host.Port,
            RawHttpClient.Post(GuardedGateway.ChatPath, ChatTranscripts.Request(TestLexicon.Block), "Content-Type: application/json", header));

        Assert.Equal(400, answer.Status);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }
}
