using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>A block term in the place of an identifier or a constant: it looks like one, and is read all the same.</summary>
public sealed class IdentifierTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Chat = GuardedGateway.ChatPath;

    [Theory]
    [InlineData(Chat, """{"model":"kestrelbane","messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"kestrelbane","content":"ok"}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"ok"},{"role":"tool","tool_call_id":"call_kestrelbane_1","content":"ok"}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"k-e-s-t-r-e-l-b-a-n-e","type":"function","function":{"name":"f","arguments":"{}"}}]}]}""")]
    [InlineData(Chat, """{"model":"m","service_tier":"kestrelbane","messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"kestrelbane","text":"ok"}]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"kestrelbane","content":"ok"}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"kestrelbane","content":"ok"}]}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"type":"function_call_output","call_id":"kestrelbane","output":"ok"}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":"ok","previous_response_id":"kestrelbane"}""")]
    [InlineData("/api/chat", """{"model":"m","messages":[{"role":"kestrelbane","content":"ok"}]}""")]
    [InlineData("/v1/embeddings?api-version=kestrelbane", """{"model":"m","input":"ok"}""")]
    [InlineData("/openai/deployments/kestrelbane/chat/completions?api-version=1", """{"messages":[{"role":"user","content":"ok"}]}""")]
    public async Task Request_WithTheTermAsAnIdentifier_IsRefused(string path, string body)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await gateway.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body));

        Assert.Equal(400, exchange.Status);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
    }

    [Theory]
    [InlineData("/v1beta/models/kestrelbane:generateContent", """{"contents":[{"parts":[{"text":"ok"}]}]}""")]
    [InlineData("/v1beta/models/g:generateContent", """{"contents":[{"role":"kestrelbane","parts":[{"text":"ok"}]}]}""")]
    public async Task GeminiRequest_WithTheTermAsAnIdentifier_IsRefused(string path, string body)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await gateway.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body));

        Assert.Equal("PROHIBITED_CONTENT", (string?)exchange.Json["promptFeedback"]!["blockReason"]);
        Recorded.AssertHolds(exchange.Text, "the refusal");
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
    }

    [Theory]
    [InlineData("/v1/responses/kestrelbane")]
    [InlineData("/v1/chat/completions/kestrelbane")]
    [InlineData("/v1/responses/resp_1?after=kestrelbane")]
    [InlineData("/v1/models?after=kestrelbane")]
    [InlineData("/v1/models?x=kestrelbane")]
    [InlineData("/v1beta/models/kestrelbane")]
    public async Task Read_WithTheTermInItsPathOrQuery_IsRefused(string path)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await gateway.SendAsync(HttpMethod.Get, path);

        Assert.Equal(400, exchange.Status);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
    }

    [Theory]
    [InlineData("\"id\":\"kestrelbane\"")]
    [InlineData("\"id\":\"chatcmpl-kestrelbane\"")]
    [InlineData("\"model\":\"kestrelbane\"")]
    [InlineData("\"object\":\"kestrelbane\"")]
    [InlineData("\"system_fingerprint\":\"kestrelbane\"")]
    [InlineData("\"obfuscation\":\"kestrelbane\"")]
    [InlineData("CHOICE\"finish_reason\":\"kestrelbane\"")]
    [InlineData("MESSAGE\"role\":\"kestrelbane\"")]
    [InlineData("MESSAGE\"tool_calls\":[{\"index\":0,\"id\":\"kestrelbane\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]")]
    [InlineData("MESSAGE\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"kestrelbane\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]")]
    [InlineData("MESSAGE\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"kestrelbane\",\"arguments\":\"{}\"}}]")]
    [InlineData("MESSAGE\"audio\":{\"id\":\"kestrelbane\"}")]
    public async Task Answer_WithTheTermAsAnIdentifier_HoldsNothingOfIt(string member)
    {
        string Body(string message) => member switch
        {
            _ when member.StartsWith("CHOICE", StringComparison.Ordinal) => $$"""{"choices":[{"index":0,"{{message}}":{"content":"ok"},{{member["CHOICE".Length..]}}}]}""",
            _ when member.StartsWith("MESSAGE", StringComparison.Ordinal) => $$"""{"choices":[{"index":0,"{{message}}":{"content":"ok",{{member["MESSAGE".Length..]}}},"finish_reason":"stop"}]}""",
            _ => $$"""{{{member}},"choices":[{"index":0,"{{message}}":{"content":"ok"},"finish_reason":"stop"}]}""",
        };
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(Body("message"))));
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([Encoding.UTF8.GetBytes($"data: {Body("delta")}\n\ndata: [DONE]\n\n")]));

        foreach (var exchange in new[] { whole, streamed })
        {
            Recorded.AssertHolds(exchange.Text, "the answer");
            await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        }
    }

    [Fact]
    public async Task ShortTermInsideARandomIdentifier_IsChance()
    {
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = gateway.Stub.Address, Lexicon = $"zeph\t{TestLexicon.BlockRisk}\tblock\n" });
        foreach (var (id, passes) in new[] { ("chatcmpl-B7zephQ9", true), ("chatcmpl-zeph", false), ("zeph", false) })
        {
            var answer = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}""");
            using var request = GuardedGateway.Request(HttpMethod.Post, Chat, ChatTranscripts.Request("Hello"), gateway.Stub.Json(answer).Id);
            using var response = await host.Client.SendAsync(request);
            Assert.Equal(passes, (await Exchange.ReadAsync(response)).Text.Contains(id, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Term_UnderANameThatHoldsIt_IsNotQuotedByTheRecord()
    {
        var exchange = await gateway.ChatAsync("""{"model":"m","messages":[{"role":"user","content":"ok"}],"kestrelbane":{"a":["kestrelbane"]}}"""u8.ToArray());
        Refusals.AssertBlockedPrompt(exchange);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
    }
}
