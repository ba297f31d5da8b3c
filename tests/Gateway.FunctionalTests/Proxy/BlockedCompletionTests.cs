using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>A buffered answer with a block term: the choice is emptied, the rest stays.</summary>
public sealed class BlockedCompletionTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Word = TestLexicon.Block;

    private static readonly string[] Emptied = ["tool_calls", "function_call", "reasoning_content", "reasoning", "refusal", "audio", "annotations"];

    /// <summary>Messages that hold the term, by where.</summary>
    private static readonly Dictionary<string, string> Messages = new(StringComparer.Ordinal)
    {
        ["content"] = """{"role":"assistant","content":"It is WORD indeed"}""",
        ["content in parts"] = """{"role":"assistant","content":[{"type":"text","text":"It is kestrel"},{"type":"text","text":"bane"}]}""",
        ["content, escaped"] = """{"role":"assistant","content":"\u8d64\u971e\u7981\u8bed"}""",
        ["tool call arguments"] = """{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"q\":\"WORD\"}"}}]}""",
        ["tool call arguments, escaped twice"] = """{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"q\":\"\\u8d64\\u971e\\u7981\\u8bed\"}"}}]}""",
        ["tool call name"] = """{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"WORD","arguments":"{}"}}]}""",
        ["old function call"] = """{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"WORD"}}""",
        ["reasoning_content"] = """{"role":"assistant","content":"Fine.","reasoning_content":"They want WORD"}""",
        ["reasoning"] = """{"role":"assistant","content":"Fine.","reasoning":"They want WORD"}""",
        ["refusal"] = """{"role":"assistant","content":null,"refusal":"I do not talk of WORD"}""",
        ["audio transcript"] = """{"role":"assistant","content":null,"audio":{"id":"a","data":"","transcript":"WORD"}}""",
        ["annotations"] = """{"role":"assistant","content":"Fine.","annotations":[{"type":"url_citation","url_citation":{"title":"WORD"}}]}""",
        ["unknown member"] = """{"role":"assistant","content":"Fine.","inner_monologue":["WORD"]}""",
    };

    public static TheoryData<string> Names => new(Messages.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Choice_WithABlockTerm_IsEmptied(string name)
    {
        var answer = $$$"""
            {"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{{{Messages[name].Replace("WORD", Word, StringComparison.Ordinal)}}},"logprobs":{"content":[{"token":"x","logprob":-0.1}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":11,"total_tokens":18}}
            """;

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));

        Assert.Equal(200, exchange.Status);
        Assert.Equal(Actions.Block, exchange.Action);
        Recorded.AssertHolds(exchange.Text, "the answer");
        AssertEmptied(exchange.Json["choices"]![0]!.AsObject());
        Assert.Equal(18, (int)exchange.Json["usage"]!["total_tokens"]!);
        Assert.Equal("1", (string?)exchange.Json["id"]);
        var record = await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        Assert.NotEmpty(record.ResponseDetections);
        Assert.Equal(0, record.DeliveredChars);
    }

    [Fact]
    public async Task Case_44_Choice_BesideABlockedOne_IsUntouched()
    {
        var answer = ChatTranscripts.AnswerNode("A harmless choice.", $"It is {Word}.");
        answer["choices"]![0]!["logprobs"] = new JsonObject { ["content"] = new JsonArray() };
        var before = answer["choices"]![0]!.ToJsonString(ChatTranscripts.Relaxed);

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Bytes(answer)));

        Assert.Contains(before, exchange.Text, StringComparison.Ordinal);
        Recorded.AssertHolds(exchange.Text, "the answer");
        AssertEmptied(exchange.Json["choices"]![1]!.AsObject());
        Assert.Equal(Actions.Block, exchange.Action);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Fact]
    public async Task Choices_WithATermSplitBetweenThem_AreNotJoined()
    {
        var answer = ChatTranscripts.Answer("kestrel", "bane");

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(answer));

        Assert.Equal(answer, exchange.Body);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Theory]
    [InlineData("in an error", 500, """{"error":{"message":"Cannot parse 'WORD'","type":"server_error","param":null,"code":null}}""")]
    [InlineData("in a client error", 400, """{"error":{"message":"Cannot parse 'WORD'","type":"invalid_request_error","param":null,"code":null}}""")]
    [InlineData("beside the choices", 200, """{"choices":[],"note":"WORD"}""")]
    [InlineData("in a bare string", 200, "\"WORD\"")]
    [InlineData("in a member name", 200, """{"choices":[],"WORD":1}""")]
    public async Task Answer_WithATermOutsideTheChoices_DoesNotReleaseIt(string where, int status, string answer)
    {
        Assert.NotEmpty(where);
        var body = Encoding.UTF8.GetBytes(answer.Replace("WORD", Word, StringComparison.Ordinal));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(body, status));

        Recorded.AssertHolds(exchange.Text, "the answer");
        Assert.Equal(Actions.Block, exchange.Action);
        await Recorded.NoLeakAsync(gateway.Host, exchange);
        var record = Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
        Assert.Equal(Actions.Block, record.ResponseAction);
    }

    [Theory]
    [InlineData("text/html", "<html><body>WORD</body></html>")]
    [InlineData("text/plain", "WORD")]
    [InlineData(null, "WORD")]
    [InlineData("application/octet-stream", "WORD")]
    [InlineData("text/event-stream", """{"choices":[{"index":0,"message":{"role":"assistant","content":"WORD"},"finish_reason":"stop"}]}""")]
    [InlineData("application/json", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"WORD\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n")]
    [InlineData("text/plain", """{"choices":[{"index":0,"message":{"role":"assistant","content":"WORD"},"finish_reason":"stop"}]}""")]
    [InlineData("application/json", """{"choices":[{"index":0,"message":{"role":"assistant","content":"WORD""")]
    [InlineData("application/json", """{"choices":[{"index":0,"message":{"role":"assistant","content":"Fine","content":"WORD"},"finish_reason":"stop"}]}""")]
    public async Task Case_50_Answer_ThatIsNotWhatItsTypeSays_DoesNotReleaseTheTerm(string? contentType, string answer)
    {
        var body = Encoding.UTF8.GetBytes(answer.Replace("WORD", Word, StringComparison.Ordinal));
        var script = gateway.Stub.Script(call => call.AnswerAsync(body, 200, contentType));

        foreach (var stream in new[] { false, true })
        {
            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream), script);

            Recorded.AssertHolds(exchange.Text, "the answer");
            await Recorded.NoLeakAsync(gateway.Host, exchange);
            Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
        }
    }

    [Theory]
    [InlineData("text/html", "<html><body>Bad gateway</body></html>")]
    [InlineData("application/json", "not JSON at all")]
    public async Task Answer_InPlainText_IsJudgedAsText(string contentType, string answer)
    {
        var script = gateway.Stub.Script(call => call.AnswerAsync(Encoding.UTF8.GetBytes(answer), 200, contentType));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);

        Assert.Equal(answer, exchange.Text);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.Equal(answer.Length, (int)record.Json["response"]!["judged"]!);
    }

    public static TheoryData<byte[]> Unreadable => new(
        """{"choices":[{"index":0,"message":{"content":"Half an"""u8.ToArray(),
        """{"choices":[{"index":0,"message":{"content":"a\ud83d"}}]}"""u8.ToArray(),
        """{"choices":[]}{"choices":[]}"""u8.ToArray(),
        [0xFF, 0xFE, 0x41, 0x00],
        [.. """{"choices":[{"index":0,"message":{"content":"kestrel"""u8, 0xFF, .. """bane"}}]}"""u8]);

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task Answer_ThatCannotBeRead_IsNotReleasedByDefault(byte[] answer)
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(answer));

        Assert.Equal(502, exchange.Status);
        Refusals.AssertError(exchange);
        var record = await gateway.RecordAsync(exchange, Outcomes.Failed, Actions.Allow, Actions.Block);
        Assert.NotEmpty(record.Json["response"]!["unjudged"]!.AsArray());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/x-ndjson")]
    [InlineData(null)]
    public async Task EventStream_UnderAnotherType_IsReadAsOneHoweverItArrives(string? contentType)
    {
        var escaped = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\u8d64\\u971e\\u7981\\u8bed\"}}]}\n\ndata: [DONE]\n\n";
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(escaped), ChatEvents.Of("kestrel", "bane").Bytes, [.. "\n\n"u8, .. ChatEvents.Of("kestrel", "bane").Bytes] })
        {
            foreach (var first in new[] { 1, 2, 5, bytes.Length })
            {
                var script = gateway.Stub.Script(async call =>
                {
                    await call.StartStreamAsync(contentType!);
                    await call.DeliverAsync([]);
                    foreach (var piece in Chunked.At(bytes, first)) await call.DeliverAsync(piece);
                });

                var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), script);

                Recorded.AssertHolds(exchange.Text, $"the answer, first read of {first}");
                Assert.All(exchange.Events.Texts.Values, text => Recorded.AssertHolds(text, $"what a client reads, first read of {first}"));
                Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
            }
        }
    }

    [Theory]
    [InlineData("\"\\u8d64\\u971e\\u7981\\u8bed\"")]
    [InlineData("[\"\\u8d64\\u971e\\u7981\\u8bed\"]")]
    [InlineData("  \n \"\\u8d64\\u971e\\u7981\\u8bed\"")]
    [InlineData("{\"choices\":[],\"\\u8d64\\u971e\\u7981\\u8bed\":1}")]
    public async Task Answer_OfEscapedJsonThatIsNoObject_DoesNotReleaseTheTerm(string answer)
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));

        Assert.DoesNotContain("\\u971e\\u7981", exchange.Text, StringComparison.Ordinal);
        Assert.Equal(Actions.Block, exchange.Action);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("x-unknown")]
    public async Task Case_49_Answer_CompressedThoughNotAsked_IsDecodedOrWithheld(string coding)
    {
        var body = coding switch
        {
            "gzip" => Packed(ChatTranscripts.Answer(Word), packed => new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, true)),
            "br" => Packed(ChatTranscripts.Answer(Word), packed => new System.IO.Compression.BrotliStream(packed, System.IO.Compression.CompressionLevel.Fastest, true)),
            _ => ChatTranscripts.Answer(Word),
        };
        var script = gateway.Stub.Script(async call =>
        {
            call.Response.Headers.ContentEncoding = coding;
            await call.AnswerAsync(body);
        });

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);

        Assert.False(body.AsSpan().SequenceEqual(exchange.Body), "The compressed answer was released unread.");
        Assert.False(exchange.Headers.ContainsKey("content-encoding"));
        Recorded.AssertHolds(exchange.Text, "the answer");
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    [Fact]
    public async Task Answer_CompressedAndClean_IsReadable()
    {
        var body = Packed(ChatTranscripts.Answer("A harmless answer."), packed => new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, true));
        var script = gateway.Stub.Script(async call =>
        {
            call.Response.Headers.ContentEncoding = "gzip";
            await call.AnswerAsync(body);
        });

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), script);

        // Decoded and released, or withheld as uninspectable: either way headers and bytes fit each other.
        if (exchange.Status == 200 && !exchange.Headers.ContainsKey("content-encoding")) Assert.NotNull(exchange.Json);
        else if (exchange.Headers.TryGetValue("content-encoding", out var sent)) Assert.Equal(("gzip", body.Length), (sent, exchange.Body.Length));
        else Refusals.AssertError(exchange);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }

    private static void AssertEmptied(JsonObject choice)
    {
        Assert.Equal("content_filter", (string?)choice["finish_reason"]);
        var message = choice["message"]!.AsObject();
        Assert.Equal("", (string?)message["content"]);
        Assert.Equal("assistant", (string?)message["role"]);
        Assert.All(Emptied, name => Assert.True(message[name] is null, $"'{name}' is still there: {choice.ToJsonString()}"));
        Assert.Null(choice["logprobs"]);
    }

    private static byte[] Packed(byte[] body, Func<Stream, Stream> packer)
    {
        using var packed = new MemoryStream();
        using (var packing = packer(packed)) packing.Write(body);
        return packed.ToArray();
    }
}
