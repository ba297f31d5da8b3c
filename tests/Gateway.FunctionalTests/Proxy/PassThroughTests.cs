using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>Clean traffic leaves the gateway as it came, byte for byte, in both directions.</summary>
public sealed class PassThroughTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    public static TheoryData<string> Requests => new(
        """{"model":"m","messages":[{"role":"user","content":"Good morning"}]}""",
        " {\n  \"messages\" : [ {\"content\":\"Good\\u0020morning \\u4f60\\u597d \\ud83d\\ude00\", \"role\":\"user\"} ],\r\n\t\"model\":\"m\" , \"temperature\": 1.0e0}\n\n",
        """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"这是什么"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}],"unknown":{"deep":[1,2.50,null,true,{"x":"y"}]}}""",
        """{"model":"m","messages":[{"role":"system","content":""},{"role":"user","content":"kestrel"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}""");

    public static TheoryData<string> Answers => new(
        """{"id":"1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Good morning"},"finish_reason":"stop"}]}""",
        " {\n \"choices\" : [ {\"finish_reason\":\"stop\",\"message\":{\"content\":\"\\u4f60\\u597d \\ud83d\\ude00 \\/ \",\"role\":\"assistant\"},\"index\":0 } ] , \"usage\":{\"total_tokens\":1.0} }\r\n",
        """{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"city\":\"上海\"}"}}]},"finish_reason":"tool_calls","logprobs":null}]}""",
        """{"choices":[{"index":0,"message":{"role":"assistant","content":"kestrel","refusal":null,"reasoning_content":"kestre"},"logprobs":{"content":[{"token":"kestrel","logprob":-0.1,"bytes":[107]}]},"finish_reason":"stop"}],"x":{"y":[]}}""");

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_Clean_ReachesTheModelServerByteForByte(string request)
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        var bytes = Encoding.UTF8.GetBytes(request);

        var exchange = await gateway.ChatAsync(bytes, script);

        Assert.Equal(200, exchange.Status);
        Assert.Equal(Actions.Allow, exchange.Action);
        Assert.Equal(request, Assert.Single(script.Requests).Text);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_Clean_ReachesTheClientByteForByte(string answer)
    {
        var script = gateway.Stub.Script(async call =>
        {
            call.Response.Headers["X-Request-Cost"] = "12";
            await call.AnswerAsync(Encoding.UTF8.GetBytes(answer));
        });

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Good morning"), script);

        Assert.Equal(answer, exchange.Text);
        Assert.Equal("12", exchange.Headers["x-request-cost"]);
        Assert.StartsWith("application/json", exchange.ContentType, StringComparison.Ordinal);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task Exchange_OfMegabytes_IsByteIdentical()
    {
        var random = new Random(7);
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(_ => random.Next(8) == 0 ? " " : ((char)random.Next(0x4E00, 0x9000)).ToString()));
        var (request, answer) = (ChatTranscripts.Request(text), ChatTranscripts.Answer(text));
        var script = gateway.Stub.Json(answer);

        var exchange = await gateway.ChatAsync(request, script);

        Assert.Equal(200, exchange.Status);
        Assert.True(request.AsSpan().SequenceEqual(Assert.Single(script.Requests).Body), "The request changed on its way.");
        Assert.True(answer.AsSpan().SequenceEqual(exchange.Body), "The answer changed on its way.");
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task Request_InManyChunks_ReachesTheModelServerByteForByte()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));
        var bytes = ChatTranscripts.Request("早上好 good morning");
        var head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + $"{StubModelServer.ScriptHeader}: {script.Id}\r\nTransfer-Encoding: chunked\r\n\r\n";
        var pieces = Chunked.Every(bytes, 5).Select(piece => (byte[])[.. Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece, .. "\r\n"u8]);

        var answer = await RawHttpClient.SendAsync(gateway.Host.Port, [Encoding.ASCII.GetBytes(head), .. pieces, "0\r\n\r\n"u8.ToArray()]);

        Assert.Equal(200, answer.Status);
        Assert.Equal(bytes, Assert.Single(script.Requests).Body);
    }

    [Fact]
    public async Task Stream_Clean_FlowsBeforeTheModelServerIsDone()
    {
        var seen = new TaskCompletionSource();
        var first = new ChatEvents().Role().Text("Good morning to you. ");
        var second = new ChatEvents().Text("And good night.").Finish().Done();
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(first);
            await seen.Task.WaitAsync(Eventually.Patience);
            await call.WriteAsync(second);
        });
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var response = await gateway.Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        using var received = new MemoryStream();
        var buffer = new byte[4096];

        while (!Encoding.UTF8.GetString(received.ToArray()).Contains("Good morning", StringComparison.Ordinal))
        {
            var count = await body.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
            Assert.NotEqual(0, count);
            received.Write(buffer, 0, count);
        }

        seen.SetResult();
        await body.CopyToAsync(received);

        Assert.Equal((byte[])[.. first.Bytes, .. second.Bytes], received.ToArray());
        Assert.StartsWith("text/event-stream", response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        var exchange = new Exchange(200, Exchange.HeadersOf(response), received.ToArray());
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task Record_OfACleanExchange_SaysWhatWasDelivered()
    {
        const string Content = "Nineteen letters 好";
        var buffered = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer(Content)));
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.OfRunes(Content)));

        foreach (var exchange in new[] { buffered, streamed })
        {
            var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
            string[] members = ["id", "seq", "time", "protocol", "model", "outcome", "status", "policyEpoch", "request", "response", "prevHash", "hash"];
            Assert.All(members, member => Assert.True(record.Json.ContainsKey(member), $"'{member}' is missing:\n{record}"));
            Assert.Equal(Content.Length, record.DeliveredChars);
            Assert.Empty(record.RequestDetections);
            Assert.Empty(record.ResponseDetections);
            Assert.Equal("stub-model", (string?)record.Json["model"]);
        }
    }

    [Fact]
    public async Task Models_Listed_PassUntouched()
    {
        const string List = """{"object":"list","data":[{"id":"stub-model","object":"model"}]}""";
        var script = gateway.Stub.Json(Encoding.UTF8.GetBytes(List));

        var exchange = await gateway.SendAsync(HttpMethod.Get, "/v1/models", script: script.Id);

        Assert.Equal(200, exchange.Status);
        Assert.Equal(List, exchange.Text);
    }

    [Fact]
    public async Task Headers_NamedGateway_AreStrippedOnBothSides()
    {
        var script = gateway.Stub.Script(async call =>
        {
            call.Response.Headers["Gateway-Action"] = "label";
            call.Response.Headers["Gateway-Request-Id"] = "from-upstream";
            call.Response.Headers["Gateway-Invented"] = "upstream";
            await call.AnswerAsync(ChatTranscripts.Answer("Fine."));
        });

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script, request =>
        {
            request.Headers.Add("Gateway-Action", "allow");
            request.Headers.Add("gateway-request-id", "forged");
            request.Headers.Add("GATEWAY-Invented", "client");
            request.Headers.Add("Authorization", "Bearer sk-test");
        });

        var upstream = Assert.Single(script.Requests);
        Assert.DoesNotContain(upstream.Headers.Values, value => value is "forged" or "client");
        Assert.Equal("Bearer sk-test", upstream.Headers["authorization"]);
        Assert.Equal(Actions.Allow, exchange.Action);
        Assert.DoesNotContain("from-upstream", exchange.Id, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", exchange.Id, StringComparison.Ordinal);
        Assert.False(exchange.Headers.ContainsKey("gateway-invented"));
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task Upstream_IsAskedNotToCompress()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));

        await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script, request => request.Headers.Add("Accept-Encoding", "gzip, br"));

        var accepted = Assert.Single(script.Requests).Headers.GetValueOrDefault("accept-encoding", "identity");
        Assert.Equal("identity", accepted);
    }

    [Fact]
    public async Task Ids_OfManyExchanges_AreDistinctAndInOrder()
    {
        var ids = new List<string>();
        for (var index = 0; index < 20; index++) ids.Add((await gateway.ChatAsync(ChatTranscripts.Request("Hello"))).Id!);

        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        var records = ids.Select(id => Assert.Single(gateway.Host.Audit.Find(id))).ToList();
        Assert.Equal(records.Select(record => (long)record.Json["seq"]!).Order(), records.Select(record => (long)record.Json["seq"]!));
    }

    [Fact]
    public async Task Upstream_ErrorStatus_PassesWithItsBody()
    {
        const string Error = """{"error":{"message":"Too many requests, slow down","type":"rate_limit","param":null,"code":"rate_limit_exceeded"}}""";
        var script = gateway.Stub.Script(async call =>
        {
            call.Response.Headers.RetryAfter = "3";
            await call.AnswerAsync(Encoding.UTF8.GetBytes(Error), 429);
        });

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);

        Assert.Equal(429, exchange.Status);
        Assert.Equal("3", exchange.Headers["retry-after"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Error), exchange.Json));
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }
}
