using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Labels;

/// <summary>Rows 15, 16 and 21: the notice in the text, once an answer, in every protocol, and never where a program reads.</summary>
public abstract class NoticeConformance(NoticeGateway gateway)
{
    private const string Text = "早上好，这是一个回答。Good morning 😀, kestrel.";

    /// <summary>Protocol, path, transcript of a whole answer, transcript of a stream.</summary>
    public static TheoryData<string, string, string> Protocols => new()
    {
        { "/v1/chat/completions", "openai-chat.json", "openai-chat.sse" },
        { "/v1/completions", "openai-completions.json", "openai-completions.sse" },
        { "/v1/responses", "openai-responses.json", "openai-responses.sse" },
        { "/v1/messages", "anthropic.json", "anthropic.sse" },
        { "/api/chat", "ollama-chat.json", "ollama-chat.ndjson" },
        { "/api/generate", "ollama-generate.json", "ollama-generate.ndjson" },
        { "/v1beta/models/m:streamGenerateContent?alt=sse", "gemini.json", "gemini.sse" },
        { "/v1beta/models/m:streamGenerateContent", "gemini.json", "gemini.array" },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Row15_WholeAnswer_CarriesItOnceAndIsIdenticalWithoutIt(string path, string whole, string stream)
    {
        _ = stream;
        if (path.Contains("stream", StringComparison.Ordinal)) path = "/v1beta/models/m:generateContent";
        var transcript = Transcript.Load(whole);

        var exchange = await SendAsync(path, Request(false), gateway.Stub.Json(transcript.Bytes(Text)));

        Assert.Equal(Encoding.UTF8.GetString(transcript.Bytes(gateway.Labelled(Text))), exchange.Text);
        await RecordedAsync(exchange, gateway.IsPrefix ? "prefix" : "suffix");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Row15_StreamedAnswer_CarriesItOnceHoweverItIsCut(string path, string whole, string stream)
    {
        _ = whole;
        var transcript = Transcript.Load(stream);
        string[] pieces = ["早", "上好，这是", "一个回答。", "Good morning ", "😀, ke", "strel."];
        var bytes = transcript.Bytes(pieces);
        string[] labelled = [.. pieces];
        if (gateway.IsPrefix) labelled[0] = gateway.Labelled(pieces[0]);
        else labelled[^1] = gateway.Labelled(pieces[^1]);
        var expected = Encoding.UTF8.GetString(transcript.Bytes(labelled));

        foreach (var cut in new[] { [bytes], Chunked.Every(bytes, 1), Chunked.Every(bytes, 11), Chunked.BySeed(bytes, 3) })
        {
            var exchange = await SendAsync(path, Request(true), gateway.Stub.Cut(cut, transcript.ContentType));

            Assert.Equal(expected, exchange.Text);
            await RecordedAsync(exchange, gateway.IsPrefix ? "prefix" : "suffix");
        }
    }

    [Fact]
    public async Task Row15_EachChoice_CarriesItOnce()
    {
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer("One.", "Two.")));
        var events = new ChatEvents().Role().Role(1).Text("One", 0).Text("Two", 1).Text(".", 1).Finish(choice: 1).Text(".", 0).Finish().Done();
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));

        Assert.Equal([gateway.Labelled("One."), gateway.Labelled("Two.")], whole.Json["choices"]!.AsArray().Select(choice => (string?)choice!["message"]!["content"]));
        Assert.Equal(gateway.Labelled("One."), TextOf(streamed, 0));
        Assert.Equal(gateway.Labelled("Two."), TextOf(streamed, 1));
    }

    [Theory]
    [InlineData("""{"response_format":{"type":"json_object"}}""")]
    [InlineData("""{"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}}}""")]
    [InlineData("""{"guided_json":{"type":"object"}}""")]
    [InlineData("""{"structured_outputs":{"regex":"a+"}}""")]
    [InlineData("""{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"{"}]}""")]
    public async Task Row15_AFormThatWasAskedFor_StaysParseable(string members)
    {
        foreach (var isStream in new[] { false, true })
        {
            var request = ChatTranscripts.RequestNode([ChatTranscripts.Turn("user", "Hello")], isStream);
            foreach (var (name, value) in JsonNode.Parse(members)!.AsObject()) request[name] = value!.DeepClone();
            const string answer = "\"yes\"";
            var script = isStream ? gateway.Stub.Stream(ChatEvents.Of("\"ye", "s\"")) : gateway.Stub.Json(ChatTranscripts.Answer(answer));

            var exchange = await gateway.ChatAsync(ChatTranscripts.Bytes(request), script);

            Assert.Equal(answer, isStream ? TextOf(exchange, 0) : (string?)exchange.Json["choices"]![0]!["message"]!["content"]);
            await RecordedAsync(exchange, "withheld");
        }
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"output_format":{"type":"json_schema","schema":{}}}""", "anthropic.json")]
    [InlineData("/v1/responses", """{"model":"m","input":"x","text":{"format":{"type":"json_object"}}}""", "openai-responses.json")]
    [InlineData("/api/chat", """{"model":"m","stream":false,"messages":[{"role":"user","content":"x"}],"format":"json"}""", "ollama-chat.json")]
    [InlineData("/v1beta/models/m:generateContent", """{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"responseMimeType":"application/json"}}""", "gemini.json")]
    [InlineData("/v1/completions", """{"model":"m","prompt":"def f(","suffix":"return 1"}""", "openai-completions.json")]
    public async Task Row15_AFormThatWasAskedFor_StaysParseableInEveryProtocol(string path, string request, string transcript)
    {
        var answer = Transcript.Load(transcript).Bytes("1");

        var exchange = await SendAsync(path, Encoding.UTF8.GetBytes(request), gateway.Stub.Json(answer));

        Assert.Equal(answer, exchange.Body);
        await RecordedAsync(exchange, "withheld");
    }

    [Theory]
    [InlineData("{\"answer\": 42}")]
    [InlineData("  [1, 2, 3]")]
    public async Task Row15_JsonThatNobodyAskedFor_StaysParseable(string answer)
    {
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer(answer)));
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.OfRunes(answer)));

        foreach (var text in new[] { (string)whole.Json["choices"]![0]!["message"]!["content"]!, TextOf(streamed, 0) })
        {
            Assert.Equal(answer, text);
            JsonDocument.Parse(text).Dispose();
        }
    }

    [Fact]
    public async Task Row15_Code_IsNotBroken()
    {
        const string closed = "```python\nprint(1)\n```";
        const string open = "Look:\n```python\nprint(1)";
        foreach (var code in new[] { closed, open })
        {
            var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer(code)));
            var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.OfRunes(code)));
            var expected = code == open && !gateway.IsPrefix ? code : gateway.Labelled(code);

            Assert.Equal(expected, (string?)whole.Json["choices"]![0]!["message"]!["content"]);
            Assert.Equal(expected, TextOf(streamed, 0));
            var block = expected[(expected.IndexOf("```python\n", StringComparison.Ordinal) + 10)..];
            Assert.StartsWith("print(1)", block, StringComparison.Ordinal);
            Assert.DoesNotContain(NoticeGateway.Notice, block.Split("```")[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Row15_ToolCallsAndThoughts_AreNotTouched()
    {
        var events = new ChatEvents().Role().Reasoning("Let me think.").ToolStart("look_up").ToolArguments("{\"a\"").ToolArguments(":1}").Finish("tool_calls").Done();
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));
        var answer = ChatTranscripts.AnswerNode("x");
        answer["choices"]![0]!["message"] = new JsonObject
        {
            ["role"] = "assistant", ["content"] = null, ["reasoning_content"] = "Let me think.", ["tool_calls"] = new JsonArray(ChatTranscripts.ToolCall("look_up", "{\"a\":1}")),
        };
        var bytes = ChatTranscripts.Bytes(answer);
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(bytes));

        Assert.Equal(events.Bytes, streamed.Body);
        Assert.Equal(bytes, whole.Body);
    }

    [Fact]
    public async Task Row15_ThoughtParts_AreNotLabelled()
    {
        const string answer = """{"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true},{"text":"Hello."}],"role":"model"},"finishReason":"STOP","index":0}]}""";
        const string reasoning = """{"id":"r","object":"response","status":"completed","output":[{"type":"reasoning","content":[{"type":"reasoning_text","text":"Hm."}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello."}]}]}""";
        var expected = JsonSerializer.Serialize(gateway.Labelled("Hello."), ChatTranscripts.Relaxed);

        var gemini = await SendAsync("/v1beta/models/m:generateContent", Request(false), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));
        var responses = await SendAsync("/v1/responses", Request(false), gateway.Stub.Json(Encoding.UTF8.GetBytes(reasoning)));

        Assert.Equal(answer.Replace("\"Hello.\"", expected, StringComparison.Ordinal), gemini.Text);
        Assert.Equal(reasoning.Replace("\"Hello.\"", expected, StringComparison.Ordinal), responses.Text);
    }

    [Fact]
    public async Task Row15_ANoticeThatTheModelWroteItself_IsNotDoubled()
    {
        var text = gateway.Labelled("Hello.");
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer(text)));
        var events = ChatEvents.OfRunes(text);
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));

        Assert.Equal(text, (string?)whole.Json["choices"]![0]!["message"]!["content"]);
        Assert.Equal(events.Bytes, streamed.Body);
        await RecordedAsync(streamed, "present");
    }

    [Fact]
    public async Task Row15_AMaskedAnswer_CarriesItToo()
    {
        const string key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";
        foreach (var text in new[] { $"{key} is it", $"It is {key}" })
        {
            var expected = gateway.Labelled(text.Replace(key, "[masked:api-key]", StringComparison.Ordinal));
            var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer(text)));
            var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(ChatEvents.OfRunes(text)));

            Assert.Equal(expected, (string?)whole.Json["choices"]![0]!["message"]!["content"]);
            Assert.Equal(expected, TextOf(streamed, 0));
        }
    }

    [Fact]
    public async Task Row15_AStreamThatIsCut_CarriesItInWhatWasReleased()
    {
        foreach (var bytes in new[] { ChatEvents.OfRunes($"So here it is: {TestLexicon.Block} and more").Frames })
        {
            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Cut([.. bytes]));

            Recorded.AssertHolds(exchange.Text, "the stream");
            var text = TextOf(exchange, 0);
            Assert.Contains("So here", text, StringComparison.Ordinal);
            if (gateway.IsPrefix) Assert.StartsWith(NoticeGateway.Notice, text, StringComparison.Ordinal);
            else Assert.EndsWith(NoticeGateway.Notice, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Row21_WithoutAnAgreementOrAUser_TheNoticeStays()
    {
        foreach (var (agreement, user) in new[] { (null, "u1"), ("UNKNOWN", "u1"), (NoticeGateway.Agreement, (string?)null) })
        {
            var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer("Fine.")), message =>
            {
                if (agreement is not null) message.Headers.Add("Gateway-Agreement", agreement);
                if (user is not null) message.Headers.Add(NoticeGateway.UserHeader, user);
            });

            Assert.Equal(gateway.Labelled("Fine."), (string?)exchange.Json["choices"]![0]!["message"]!["content"]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row21_WithAnAgreement_TheNoticeGoesAndTheRecipientIsRecorded(bool isStream)
    {
        var events = ChatEvents.Of("Fi", "ne.");
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", isStream), isStream ? gateway.Stub.Stream(events) : gateway.Stub.Json(ChatTranscripts.Answer("Fine.")), message =>
        {
            message.Headers.Add("Gateway-Agreement", NoticeGateway.Agreement);
            message.Headers.Add(NoticeGateway.UserHeader, "u1");
        });

        Assert.Equal(isStream ? events.Bytes : ChatTranscripts.Answer("Fine."), exchange.Body);
        var record = await RecordedAsync(exchange, "agreed");
        var delivery = Assert.Single(gateway.Host.Audit.Events("unlabelled-delivery"), entry => (string?)entry["exchange"] == exchange.Id);
        Assert.Equal(NoticeGateway.Agreement, (string?)delivery["facts"]!["agreement"]);
        Assert.Equal((string?)record.Json["user"], (string?)delivery["subject"]);
    }

    private async Task<AuditView> RecordedAsync(Exchange exchange, string text)
    {
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.Equal(text, (string?)record.Json["label"]!["text"]);
        return record;
    }

    private Task<Exchange> SendAsync(string path, byte[] body, StubScript script) => gateway.SendAsync(HttpMethod.Post, path, body, script.Id);

    private static byte[] Request(bool isStream) => Encoding.UTF8.GetBytes(
        $$"""{"model":"m","max_tokens":9,"stream":{{(isStream ? "true" : "false")}},"prompt":"x","input":"x","messages":[{"role":"user","content":"x"}],"contents":[{"parts":[{"text":"x"}]}]}""");

    private static string TextOf(Exchange exchange, int choice) => string.Concat(exchange.Events.Chunks
        .SelectMany(chunk => chunk["choices"]!.AsArray()).Where(each => (int)each!["index"]! == choice).Select(each => (string?)each!["delta"]!["content"]));
}
