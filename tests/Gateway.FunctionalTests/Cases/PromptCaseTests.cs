using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Where a prompt can hide its text, case by case: refused before the model server hears of it. WORD stands for a block term.</summary>
public sealed class PromptCaseTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Chat = GuardedGateway.ChatPath;

    [Fact]
    public Task Case_01_SystemTurn_IsRefused() =>
        RefusedAsync(Chat, """{"model":"m","messages":[{"role":"system","content":"Obey WORD."},{"role":"user","content":"hi"}]}""");

    [Fact]
    public Task Case_02_FirstOfManyTurns_IsRefused() => RefusedAsync(Chat,
        $$"""{"model":"m","messages":[{"role":"user","content":"WORD"}{{string.Concat(Enumerable.Repeat(""",{"role":"user","content":"harmless"}""", 11))}}]}""");

    [Fact]
    public async Task Case_03_SplitOverTwoTurns_IsTwoTextsAndPasses()
    {
        // Turns are judged one by one: no window reaches over them, and none is claimed.
        var exchange = await SendAsync(Chat, """{"model":"m","messages":[{"role":"user","content":"FIRST"},{"role":"user","content":"SECOND"}]}""");
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public Task Case_04_SecondPart_IsRefused() =>
        RefusedAsync(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"ok"},{"type":"text","text":"WORD"}]}]}""");

    [Fact]
    public Task Case_05_SplitOverTwoParts_IsRefused() =>
        RefusedAsync(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}]}""");

    [Theory]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"FIRST","x":"y"},{"type":"text","text":"SECOND"}]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"FIRST"},{"note":"y","type":"text","text":"SECOND"}]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"FIRST"},{"type":"image_url","image_url":{"url":"https://a.example/b.png"}},{"type":"text","text":"SECOND"}]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":["FIRST",{"type":"text","text":"SECOND"}]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":["FIRST","SECOND"]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[["FIRST","SECOND"]]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[["FIRST"],["SECOND"]]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":["FIRST",[[{"type":"text","text":"SECOND"}]]]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":["FIRST","SECOND"]}]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"ok","x_lines":["FIRST","SECOND"]}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"ok"}],"prediction":{"type":"content","content":["FIRST",{"type":"text","text":"SECOND"}]}}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":["FIRST","SECOND"]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[["FIRST",{"type":"text","text":"SECOND"}]]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"system":["FIRST","SECOND"],"messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":["FIRST","SECOND"]}]}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"role":"user","content":["FIRST","SECOND"]}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"role":"user","content":[["FIRST","SECOND"]]}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":["FIRST","SECOND"]}]}""")]
    [InlineData("/api/chat", """{"model":"m","messages":[{"role":"user","content":["FIRST","SECOND"]}]}""")]
    [InlineData("/api/generate", """{"model":"m","prompt":["FIRST",["SECOND"]]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"FIRST","note":"y"},{"type":"text","text":"SECOND"}]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"system":[{"type":"text","text":"FIRST","note":"y"},{"type":"text","text":"SECOND"}],"messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"FIRST","note":"y"},{"type":"input_text","text":"SECOND"}]}]}""")]
    [InlineData("/v1/moderations", """{"model":"m","input":[{"type":"text","text":"FIRST","note":"y"},{"type":"text","text":"SECOND"}]}""")]
    public Task Case_05_PartsWithSomethingBetweenThem_AreStillOneText(string path, string body) => RefusedAsync(path, body);

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"text":"FIRST","note":"y"},{"text":"SECOND"}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"text":"FIRST"},{"text":"well now","thought":true},{"text":"SECOND"}]}]}""")]
    [InlineData("""{"contents":{"parts":[{"text":"FIRST"},{"text":"SECOND"}]}}""")]
    [InlineData("""{"contents":["FIRST","SECOND"]}""")]
    [InlineData("""{"contents":[{"parts":["FIRST","SECOND"]}]}""")]
    [InlineData("""{"contents":[[{"parts":[{"text":"FIRST"},{"text":"SECOND"}]}]]}""")]
    [InlineData("""{"contents":[{"parts":[{"text":"ok"}]}],"systemInstruction":{"parts":[{"text":"FIRST","note":"y"},{"text":"SECOND"}]}}""")]
    public async Task Case_05_GeminiPartsWithSomethingBetweenThem_AreStillOneText(string body)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await SendAsync("/v1beta/models/g:generateContent", body);
        Assert.Equal("PROHIBITED_CONTENT", (string?)exchange.Json["promptFeedback"]!["blockReason"]);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Theory]
    [InlineData("the tale of", "zephyrite")]
    [InlineData("zephyrite", "and more")]
    [InlineData("one", "zephyrite", "two")]
    [InlineData("zephy", "rite")]
    public async Task Case_05_WholeWordThatIsAPartOfItsOwn_IsRefused(params string[] parts)
    {
        // Joined without a space it would be no word; and the model server may well put one there.
        await using var host = await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = gateway.Stub.Address, Lexicon = $"zephyrite\t{TestLexicon.BlockRisk}\tblock\tword\n" });
        var content = string.Join(',', parts.Select(part => $$"""{"type":"text","text":"{{part}}"}"""));
        var refused = await SendToAsync(host, $$"""{"model":"m","messages":[{"role":"user","content":[{{content}}]}]}""");
        var passed = await SendToAsync(host, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"the tale of"},{"type":"text","text":"zephyrites"}]}]}""", gateway.Stub.Json(ChatTranscripts.Answer("Fine.")).Id);

        Refusals.AssertBlockedPrompt(refused);
        Assert.Equal(200, passed.Status);
    }

    [Fact]
    public Task Case_06_UnknownMemberBesideTheContent_IsRefused() =>
        RefusedAsync(Chat, """{"model":"m","messages":[{"role":"user","content":"benign","content_blocks":[{"text":"WORD"}]}]}""");

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"benign","content":"WORD"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"WORD","content":"benign"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"benign","Content":"WORD"}]}""")]
    [InlineData("""{"model":"m","messages":[],"Messages":[{"role":"user","content":"WORD"}]}""")]
    [InlineData("""{"model":"m","messages":[],"mes\u017Fages":[{"role":"user","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}]}""")]
    public Task Case_07_DuplicateKey_IsRefused(string body) => RefusedAsync(Chat, body, Outcomes.Refused);

    [Fact]
    public Task Case_07_NamesCasedOtherwise_AreReadAsServersReadThem() =>
        RefusedAsync(Chat, """{"Model":"m","MESSAGES":[{"Role":"user","Content":[{"type":"text","Text":"FIRST"},{"type":"text","TEXT":"SECOND"}]}]}""");

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\u8d64\u971e\u7981\u8bed"}]}""", Outcomes.Blocked)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\ud842\udfb7\u91ce\u6697\u53f7"}]}""", Outcomes.Blocked)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"a\ud83d b"}]}""", Outcomes.Refused)]
    public Task Case_08_Escapes_AreDecodedAndHalfCharactersRefused(string body, string outcome) => RefusedAsync(Chat, body, outcome);

    [Theory]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"ok"},{"role":"tool","tool_call_id":"c","content":"WORD"}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"WORD"}]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"WORD"}]}]}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":"WORD"}]}""")]
    [InlineData("/api/chat", """{"model":"m","messages":[{"role":"tool","content":"WORD"}]}""")]
    public Task Case_09_ToolResults_AreRefused(string path, string body) => RefusedAsync(path, body);

    [Fact]
    public async Task Case_09_GeminiFunctionResponse_IsBlocked()
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await SendAsync("/v1beta/models/g:generateContent", """{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{"x":["WORD"]}}}]}]}""");
        Assert.Equal("PROHIBITED_CONTENT", (string?)exchange.Json["promptFeedback"]!["blockReason"]);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Theory]
    [InlineData("""{\"q\":\"WORD\"}""")]
    [InlineData("""{\"q\":\"\\u8d64\\u971e\\u7981\\u8bed\"}""")]
    public Task Case_10_ToolCallArgumentsInHistory_AreRefused(string arguments) => RefusedAsync(Chat,
        """{"model":"m","messages":[{"role":"user","content":"ok"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"ARGUMENTS"}}]}]}"""
            .Replace("ARGUMENTS", arguments, StringComparison.Ordinal));

    [Theory]
    [InlineData(""","tools":[{"type":"function","function":{"name":"f","description":"WORD","parameters":{"enum":["WORD"]}}}]""")]
    public async Task Case_11_ToolDefinitions_AreRecordedAndPassOrAreRefusedByPolicy(string members)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"ok"}]{{members}}}""";
        var exchange = await SendAsync(Chat, body);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow);
        Assert.NotEmpty(record.RequestDetections);

        await using var strict = await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = gateway.Stub.Address, Policy = GatewaySetup.PolicyOf(members: ("Watched", "Enforce")) });
        var refused = await SendToAsync(strict, body);
        Refusals.AssertBlockedPrompt(refused);
        await Recorded.CheckAsync(strict, refused, Outcomes.Blocked, Actions.Block);
    }

    [Theory]
    [InlineData(""","user":"WORD" """)]
    [InlineData(""","metadata":{"k":"WORD"}""")]
    [InlineData(""","stop":["WORD"]""")]
    [InlineData(""","logit_bias":{"WORD":1}""")]
    [InlineData(""","response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"description":"WORD"}}}""")]
    public async Task Case_12_SideFields_AreRefusedOrRecordedNeverUnread(string members)
    {
        var exchange = await SendAsync(Chat, $$"""{"model":"m","messages":[{"role":"user","content":"ok"}]{{members}}}""");
        var record = await gateway.RecordAsync(exchange, exchange.Status == 200 ? Outcomes.Completed : Outcomes.Blocked);
        Assert.NotEmpty(record.RequestDetections);
    }

    [Theory]
    [InlineData("/v1/rerank", """{"model":"m","query":"ok","documents":["FIRST","SECOND"]}""")]
    [InlineData("/v1/embeddings", """{"model":"m","input":["FIRST","SECOND"]}""")]
    [InlineData("/v1/completions", """{"model":"m","prompt":["FIRST","SECOND"]}""")]
    public async Task Case_13_TextsThatNobodyJoins_AreTextsOfTheirOwn(string path, string body)
    {
        var exchange = await SendAsync(path, body, "{}"u8.ToArray());
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":["ok","fine","WORD"]}""", Outcomes.Blocked, "prompt[2]")]
    [InlineData("""{"model":"m","prompt":["ok",[1,2]]}""", Outcomes.Refused, null)]
    [InlineData("""{"model":"m","prompt":[["ok"]]}""", Outcomes.Refused, null)]
    [InlineData("""{"model":"m","prompt":[]}""", Outcomes.Completed, null)]
    public async Task Case_13_SeveralPrompts_EachIsJudgedAndTheRecordNamesIt(string body, string outcome, string? place)
    {
        var exchange = await SendAsync("/v1/completions", body, "{}"u8.ToArray());
        var record = await gateway.RecordAsync(exchange, outcome);
        if (place is not null) Assert.Contains(place, record.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Case_44_AnswersToSeveralPrompts_AreJudgedByTheirIndexes(bool stream)
    {
        // Two prompts with two answers each: choices 0 and 1 belong to the first, 2 and 3 to the second. They come out of order.
        static string Choice(int index, string text, bool ends = true) => $$"""{"index":{{index}},"text":"{{text}}","logprobs":null,"finish_reason":{{(ends ? "\"stop\"" : "null")}}}""";
        static string Step(string choice) => $$"""{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{{choice}}]}""";
        var whole = Step(string.Join(',', Choice(3, "three"), Choice(0, "zero"), Choice(2, "a kestrelbane"), Choice(1, "one")));
        string[] events = [Choice(3, "three"), Choice(2, "a kestrel", false), Choice(0, "zero bane"), Choice(1, "bane"), Choice(2, "bane")];
        var script = stream
            ? gateway.Stub.Stream([.. events.Select(choice => Encoding.UTF8.GetBytes($"data: {Step(choice)}\n\n")), "data: [DONE]\n\n"u8.ToArray()])
            : gateway.Stub.Json(Encoding.UTF8.GetBytes(whole));

        var exchange = await gateway.SendAsync(HttpMethod.Post, "/v1/completions", Encoding.UTF8.GetBytes($$"""{"model":"m","n":2,"stream":{{(stream ? "true" : "false")}},"prompt":["ok","fine"]}"""), script.Id);

        Recorded.AssertHolds(exchange.Text, "the answer");
        var choices = (stream ? exchange.Events.Events.Where(item => item.Data != "[DONE]").Select(item => System.Text.Json.Nodes.JsonNode.Parse(item.Data)!) : [exchange.Json])
            .SelectMany(body => body["choices"]!.AsArray()).ToList();
        Assert.Equal("content_filter", (string?)choices.Last(choice => (int)choice!["index"]! == 2)!["finish_reason"]);
        Assert.Equal("stop", (string?)choices.Last(choice => (int)choice!["index"]! == 3)!["finish_reason"]);
        if (!stream) Assert.Equal(["three", "zero", "", "one"], choices.Select(choice => (string)choice!["text"]!));
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Theory]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"ok"}],"prediction":{"type":"content","content":"WORD"}}""", Outcomes.Blocked)]
    [InlineData("/v1/completions", """{"model":"m","prompt":"ok","suffix":"WORD"}""", Outcomes.Blocked)]
    [InlineData("/v1/completions", """{"model":"m","prompt":["ok","WORD"]}""", Outcomes.Blocked)]
    [InlineData("/v1/completions", """{"model":"m","prompt":[1,2,3]}""", Outcomes.Refused)]
    [InlineData("/v1/completions", """{"model":"m","prompt":"ok","prompt_embeds":"AAAA"}""", Outcomes.Refused)]
    public Task Case_13_PredictionSuffixAndPromptArrays_AreRefused(string path, string body, string outcome) => RefusedAsync(path, body, outcome);

    [Theory]
    [InlineData("""{"model":"m","input":"ok","instructions":"WORD"}""")]
    [InlineData("""{"model":"m","input":"WORD"}""")]
    [InlineData("""{"model":"m","input":[{"role":"user","content":"WORD"}]}""")]
    [InlineData("""{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"FIRST"},{"type":"input_text","text":"SECOND"}]}]}""")]
    public Task Case_14_ResponsesInput_IsRefused(string body) => RefusedAsync("/v1/responses", body);

    [Fact]
    public async Task Case_14_HistoryThatTheServerKeeps_IsRecordedAsUnjudged()
    {
        var exchange = await SendAsync("/v1/responses", """{"model":"m","input":"ok","previous_response_id":"resp_1"}""", Transcript.Load("openai-responses.json").Bytes("Fine."));
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.Contains(record.Json["request"]!["unjudged"]!.AsArray(), part => (string?)part!["kind"] == "history");
    }

    [Theory]
    [InlineData("""{"model":"m","max_tokens":9,"system":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}],"messages":[{"role":"user","content":"ok"}]}""")]
    [InlineData("""{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"WORD","signature":"s"}]},{"role":"user","content":"ok"}]}""")]
    public Task Case_15_SystemBlocksAndThinking_AreRefused(string body) => RefusedAsync("/v1/messages", body);

    [Theory]
    [InlineData("/v1/embeddings", """{"model":"m","input":["ok","WORD"]}""")]
    [InlineData("/v1/rerank", """{"model":"m","query":"ok","documents":["ok","WORD"]}""")]
    [InlineData("/v1/images/generations", """{"model":"m","prompt":"WORD"}""")]
    [InlineData("/v1/audio/speech", """{"model":"m","voice":"v","input":"WORD"}""")]
    [InlineData("/v1/moderations", """{"model":"m","input":"WORD"}""")]
    public Task Case_16_OtherEndpoints_AreRefused(string path, string body) => RefusedAsync(path, body);

    [Fact]
    public Task Case_17_CountTokens_IsRefused() => RefusedAsync("/v1/messages/count_tokens", """{"model":"m","messages":[{"role":"user","content":"WORD"}]}""");

    [Theory]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/png;base64,/9j/4AAQSkZJRgABAQAAAQ=="}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://example.com/a.webp"}}""")]
    [InlineData("""{"type":"file","file":{"file_id":"file-1"}}""")]
    public Task Case_19_Images_PassAsUnjudgedOrAreRefusedByPolicy(string part) => AssertMediaAsync(part);

    [Theory]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:text/plain,WORD"}}]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"LONGkestrelbane"}}]}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"data":"LONGkestrelbane","media_type":"text/plain","type":"text"}}]}]}""")]
    [InlineData("/v1/responses", """{"model":"m","input":[{"type":"web_search_call","id":"w","result":"LONGkestrelbane"}]}""")]
    public Task Case_19_TextInThePlaceOfMedia_IsJudged(string path, string body) =>
        RefusedAsync(path, body.Replace("LONG", new string('x', 300), StringComparison.Ordinal));

    [Fact]
    public Task Case_20_Sound_PassesAsUnjudgedOrIsRefusedByPolicy() =>
        AssertMediaAsync("""{"type":"input_audio","input_audio":{"data":"SUQzBAAAAAAAI1RTU0UAAAAPAAADTGF2ZjU4","format":"mp3"}}""");

    private async Task AssertMediaAsync(string part)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"what is it"},{{string.Join(',', Enumerable.Repeat(part, 21))}}]}]}""";
        var exchange = await SendAsync(Chat, body);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
        Assert.NotEmpty(record.Json["request"]!["unjudged"]!.AsArray());

        await using var strict = await GatewayTestHost.StartAsync(new GatewaySetup { Upstream = gateway.Stub.Address, Policy = GatewaySetup.PolicyOf(members: ("OnMedia", "Block")) });
        var upstream = gateway.Stub.Requests.Count;
        var refused = await SendToAsync(strict, body);
        Assert.Equal(400, refused.Status);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
        Assert.Single(strict.Audit.Find(refused.Id!));
    }

    private async Task RefusedAsync(string path, string body, string outcome = Outcomes.Blocked)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await SendAsync(path, body);
        Assert.Equal(400, exchange.Status);
        await gateway.RecordAsync(exchange, outcome);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    private Task<Exchange> SendAsync(string path, string body, byte[]? answer = null) =>
        gateway.SendAsync(HttpMethod.Post, path, Fill(body), gateway.Stub.Json(answer ?? ChatTranscripts.Answer("Fine.")).Id);

    private static async Task<Exchange> SendToAsync(GatewayTestHost host, string body, string? script = null)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, Chat, Fill(body), script);
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Exchange.ReadAsync(response);
    }

    private static byte[] Fill(string body) => Encoding.UTF8.GetBytes(body
        .Replace("WORD", TestLexicon.BlockChinese, StringComparison.Ordinal)
        .Replace("FIRST", TestLexicon.BlockChinese[..2], StringComparison.Ordinal)
        .Replace("SECOND", TestLexicon.BlockChinese[2..], StringComparison.Ordinal));
}
