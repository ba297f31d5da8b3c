using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>How answers hide text, whole and streamed; the cases that no other class holds.</summary>
public sealed class AnswerCaseTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";

    [Theory]
    [InlineData("\"content\":\"ok\",\"reasoning_content\":\"WORD\"")]
    [InlineData("\"content\":\"ok\",\"reasoning\":\"WORD\"")]
    [InlineData("\"content\":\"ok\",\"reasoning_details\":[{\"text\":\"WORD\"}]")]
    [InlineData("\"content\":\"<think>WORD</think>ok\"")]
    public async Task Case_46_Reasoning_IsJudged(string members)
    {
        var answer = $$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",{{members}}},"finish_reason":"stop"}]}""";
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer.Replace("WORD", TestLexicon.Block, StringComparison.Ordinal))));
        Recorded.AssertHolds(exchange.Text, "the answer");
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Case_47_LogprobsOfAMaskedChoice_AreRemoved()
    {
        var answer = $$"""
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Use {{Key}}."},"logprobs":{"content":[{"token":"{{Key}}","bytes":[115,107],"logprob":-0.1,"top_logprobs":[{"token":"sk-","logprob":-0.1}]}]},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"No."},"logprobs":{"content":[{"token":"No","logprob":-0.1}]},"finish_reason":"stop"}]}
            """;
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));
        Assert.DoesNotContain("4f8Qz", whole.Text, StringComparison.Ordinal);
        Assert.Equal("Use [masked:api-key].", (string?)whole.Json["choices"]![0]!["message"]!["content"]);
        Assert.Null(whole.Json["choices"]![0]!["logprobs"]);
        Assert.Equal("No", (string?)whole.Json["choices"]![1]!["logprobs"]!["content"]![0]!["token"]);

        var events = new ChatEvents().Role();
        foreach (var piece in new[] { "Use sk-proj-4f8Qz2Lk", Key[16..], "." })
            events.Raw($$$"""data: {"choices":[{"index":0,"delta":{"content":"{{{piece}}}"},"logprobs":{"content":[{"token":"{{{piece}}}","logprob":-0.1}]},"finish_reason":null}]}""" + "\n\n");
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events.Finish().Done()));
        Assert.Equal("Use [masked:api-key].", streamed.Events.Text());
        Assert.DoesNotContain("4f8Qz", streamed.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Key[20..], streamed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Case_49_CompressedStream_IsDecodedAndJudged(string coding)
    {
        var clean = ChatEvents.OfRunes("All is well 早上好 😀.");
        var blocked = ChatEvents.OfRunes("But kestrelbane came along.");
        var passed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), Compressed(clean, coding));
        var cut = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), Compressed(blocked, coding));

        Assert.Equal(Encoding.UTF8.GetString(clean.Bytes), passed.Text);
        Assert.False(passed.Headers.ContainsKey("content-encoding"));
        await gateway.RecordAsync(passed, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Refusals.AssertCut(cut, "But ");
        await gateway.RecordAsync(cut, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Case_55_TextBeforeTheLongestTerm_FlowsWhileItIsHeld()
    {
        const string Before = "All is well, and so on. ";
        var seen = new TaskCompletionSource();
        var events = new ChatEvents().Role().Text(Before);
        foreach (var letter in TestLexicon.BlockLong[..63]) events.Text(letter.ToString());
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            await call.WriteAsync(events);
            await seen.Task.WaitAsync(Eventually.Patience);
            await call.WriteAsync(new ChatEvents().Text(TestLexicon.BlockLong[63..]));
            await call.Cancelled;
        });
        using var request = GuardedGateway.Request(HttpMethod.Post, GuardedGateway.ChatPath, ChatTranscripts.Request("Hello", stream: true), script.Id);
        using var response = await gateway.Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        using var received = new MemoryStream();
        var buffer = new byte[4096];
        while (!Encoding.UTF8.GetString(received.ToArray()).Contains(Before, StringComparison.Ordinal))
        {
            var count = await body.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
            Assert.NotEqual(0, count);
            received.Write(buffer, 0, count);
        }

        Assert.Equal(Before, new ReceivedEvents(received.ToArray()).Text());
        seen.SetResult();
        await body.CopyToAsync(received);
        var events2 = new ReceivedEvents(received.ToArray());
        Assert.Equal(Before, events2.Text());
        Assert.Equal("content_filter", events2.FinishReasons[0]);
    }

    [Theory]
    [InlineData("""{"type":"text","text":"kestrel","note":"y"},{"type":"text","text":"bane"}""")]
    [InlineData("""{"type":"text","text":"kestrel"},"bane" """)]
    [InlineData("""["kestrel","bane"]""")]
    [InlineData("""{"type":"text","text":["kestrel","bane"]}""")]
    public async Task Case_45_AnswerInParts_IsOneText(string parts)
    {
        var answer = $$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":[{{parts}}]},"finish_reason":"stop"}]}""";
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));
        Assert.DoesNotContain("bane", exchange.Text, StringComparison.Ordinal);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Case_45_KeyOverPartsWithSomethingBetween_IsMasked()
    {
        var answer = $$"""{"choices":[{"index":0,"message":{"content":[{"type":"text","text":"Use {{Key[..12]}}","note":"y"},{"type":"text","text":"{{Key[12..]}}."}]},"finish_reason":"stop"}]}""";
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));
        Assert.Equal("""{"choices":[{"index":0,"message":{"content":[{"type":"text","text":"Use [masked:api-key]","note":"y"},{"type":"text","text":"."}]},"finish_reason":"stop"}]}""", exchange.Text);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Mask);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Case_46_ThoughtsBetweenThePartsOfAnAnswer_DoNotPartThem(bool stream)
    {
        const string Path = "/v1beta/models/g:";
        static string Step(string part) => $$$"""{"candidates":[{"index":0,"content":{"role":"model","parts":[{{{part}}}]}}]}""";
        string[] parts = ["""{"text":"It is kestrel"}""", """{"text":"well now","thought":true}""", """{"text":"bane"}"""];
        var script = stream
            ? gateway.Stub.Stream([.. parts.Select(part => Encoding.UTF8.GetBytes($"data: {Step(part)}\n\n"))])
            : gateway.Stub.Json(Encoding.UTF8.GetBytes(Step(string.Join(',', parts))));
        var request = """{"contents":[{"parts":[{"text":"Hello"}]}]}"""u8.ToArray();

        var exchange = await gateway.SendAsync(HttpMethod.Post, Path + (stream ? "streamGenerateContent?alt=sse" : "generateContent"), request, script.Id);

        Assert.DoesNotContain("bane", exchange.Text, StringComparison.Ordinal);
        Assert.Contains("PROHIBITED_CONTENT", exchange.Text, StringComparison.Ordinal);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Case_66_UsageChunks_ArePreservedAndRecorded()
    {
        var events = new ChatEvents().Role().Text("All is well.").Finish().Usage().Done();
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));
        Assert.Equal(events.Bytes, exchange.Body);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.Equal(11, (long?)record.Json["usage"]!["completion_tokens"]);
    }

    private StubScript Compressed(ChatEvents events, string coding) => gateway.Stub.Script(async call =>
    {
        call.Response.Headers.ContentEncoding = coding;
        await call.StartStreamAsync();
        using var packed = new MemoryStream();
        await using (Stream packer = coding == "br" ? new System.IO.Compression.BrotliStream(packed, System.IO.Compression.CompressionLevel.Fastest, true) : new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, true))
        {
            foreach (var frame in events.Frames)
            {
                await packer.WriteAsync(frame);
                await packer.FlushAsync();
                await SendAsync();
            }
        }

        await SendAsync();

        async Task SendAsync()
        {
            await call.WriteAsync(packed.ToArray());
            packed.SetLength(0);
        }
    });
}
