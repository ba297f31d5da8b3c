using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>A block term in each place of each protocol where text can hide: requests are refused, answers hold nothing of it.</summary>
public sealed class FieldTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    // WORD is the term; FIRST and SECOND are its halves.
    public static TheoryData<string, string> Requests => new()
    {
        { "/v1/completions", """{"model":"m","prompt":["ok","WORD"]}""" },
        { "/v1/completions", """{"model":"m","prompt":"ok","suffix":"WORD"}""" },
        { "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"ok"}],"prediction":{"type":"content","content":"WORD"}}""" },
        { "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"ok"}],"chat_template":"WORD"}""" },
        { "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}]}""" },
        { "/v1/chat/completions", """{"model":"m","messages":[{"role":"assistant","content":null,"reasoning_content":"WORD"},{"role":"user","content":"ok"}]}""" },
        { "/compatible-mode/v1/chat/completions", """{"model":"qwen-max","messages":[{"role":"user","content":"WORD"}]}""" },
        { "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", """{"messages":[{"role":"user","content":"WORD"}]}""" },
        { "/openai/deployments/gpt-4o/completions?api-version=2024-10-21", """{"prompt":"WORD"}""" },
        { "/openai/deployments/e/embeddings?api-version=2024-10-21", """{"input":"WORD"}""" },
        { "/openai/responses?api-version=2025-04-01-preview", """{"model":"m","input":"WORD"}""" },
        { "/v1/responses", """{"model":"m","input":"ok","instructions":"WORD"}""" },
        { "/v1/responses", """{"model":"m","input":[{"role":"user","content":"WORD"}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"FIRST"},{"type":"input_text","text":"SECOND"}]}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"function_call_output","call_id":"c","output":"WORD"}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{\"q\":\"WORD\"}"}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"reasoning","summary":[{"type":"summary_text","text":"WORD"}]}]}""" },
        { "/v1/responses", """{"model":"m","prompt":{"id":"pmpt_1","variables":{"city":"WORD"}}}""" },
        { "/v1/responses/input_tokens", """{"model":"m","input":"WORD"}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"system":"WORD","messages":[{"role":"user","content":"ok"}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"system":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"ok"}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"WORD"}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"WORD"}]}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"WORD","signature":"abc"}]},{"role":"user","content":"ok"}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"deep":{"q":"WORD"}}}]},{"role":"user","content":"ok"}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a WORD text"}}]}]}""" },
        { "/v1/messages/count_tokens", """{"model":"m","messages":[{"role":"user","content":"WORD"}]}""" },
        { "/api/chat", """{"model":"m","messages":[{"role":"user","content":"WORD"}]}""" },
        { "/api/chat", """{"model":"m","messages":[{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"q":"WORD"}}}]}]}""" },
        { "/api/generate", """{"model":"m","prompt":"ok","system":"WORD"}""" },
        { "/api/generate", """{"model":"m","prompt":"ok","template":"WORD"}""" },
        { "/api/embed", """{"model":"m","input":["ok","WORD"]}""" },
        { "/v1/moderations", """{"model":"m","input":[{"type":"text","text":"WORD"}]}""" },
        { "/v1/rerank", """{"model":"m","query":"WORD","documents":["ok"]}""" },
        { "/v1/rerank", """{"model":"m","query":"ok","documents":[{"text":"WORD"}]}""" },
        { "/tokenize", """{"model":"m","prompt":"WORD"}""" },
        { "/tokenize", """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}]}""" },
        { "/pooling", """{"model":"m","input":["ok","WORD"]}""" },
        { "/classify", """{"model":"m","input":"WORD"}""" },
        { "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"ok"}],"chat_template_kwargs":{"note":"WORD"}}""" },
        { "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"ok"}],"documents":[{"title":"t","text":"WORD"}]}""" },
        { "/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"ok"}],"x_blocks":[{"text":"FIRST"},{"text":"SECOND"}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"WORD","source":{"type":"url","url":"https://a.example/b"}}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","context":"WORD","source":{"type":"content","content":"ok"}}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"search_result","source":"https://a.example","title":"t","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}]}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"FIRST"},{"type":"text","text":"SECOND"}]}}]}]}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"text","text":"ok","citations":[{"type":"char_location","cited_text":"WORD"}]}]},{"role":"user","content":"ok"}]}""" },
        { "/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"WORD"}}]},{"role":"user","content":"ok"}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"FIRST"},{"type":"reasoning_text","text":"SECOND"}]}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"reasoning","summary":[{"type":"summary_text","text":"FIRST"},{"type":"summary_text","text":"SECOND"}]}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"custom_tool_call_output","call_id":"c","output":[{"type":"input_text","text":"FIRST"},{"type":"input_text","text":"SECOND"}]}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"code_interpreter_call","id":"c","code":"ok","outputs":[{"type":"logs","logs":"WORD"}]}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"local_shell_call","call_id":"c","action":{"type":"exec","command":["echo","WORD"]}}]}""" },
        { "/v1/responses", """{"model":"m","input":[{"type":"mcp_approval_response","approval_request_id":"a","reason":"WORD"}]}""" },
        { "/api/generate", """{"model":"m","prompt":"ok","suffix":"WORD"}""" },
        { "/api/generate", """{"model":"m","raw":true,"prompt":"WORD"}""" },
        { "/api/chat", """{"model":"m","messages":[{"role":"assistant","thinking":"WORD"}]}""" },
        { "/v1beta/models/g:countTokens", """{"contents":[{"parts":[{"text":"WORD"}]}]}""" },
        { "/v1beta/models/g:countTokens", """{"generateContentRequest":{"model":"models/g","contents":[{"parts":[{"text":"FIRST"},{"text":"SECOND"}]}]}}""" },
        { "/v1beta/models/g:countTokens", """{"generate_content_request":{"contents":[{"parts":[{"text":"FIRST"},{"text":"SECOND"}]}]}}""" },
        { "/v1beta/models/g:embedContent", """{"content":{"parts":[{"text":"FIRST"},{"text":"SECOND"}]}}""" },
        { "/v1beta/models/g:embedContent", """{"content":{"parts":[{"text":"ok"}]},"title":"WORD"}""" },
        { "/v1beta/models/g:batchEmbedContents", """{"requests":[{"model":"models/g","content":{"parts":[{"text":"FIRST"},{"text":"SECOND"}]}}]}""" },
        { "/v1/images/generations", """{"model":"m","prompt":"WORD"}""" },
        { "/v1/audio/speech", """{"model":"m","voice":"v","input":"ok","instructions":"WORD"}""" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_WithTheTerm_IsRefused(string path, string body)
    {
        foreach (var escaped in new[] { false, true })
        {
            var upstream = gateway.Stub.Requests.Count;
            var exchange = await gateway.SendAsync(HttpMethod.Post, path, Fill(body, escaped));

            Assert.Equal(400, exchange.Status);
            await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
            Assert.Equal(upstream, gateway.Stub.Requests.Count);
        }
    }

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"text":"FIRST"},{"text":"SECOND"}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"text":"ok"}]}],"systemInstruction":{"parts":[{"text":"WORD"}]}}""")]
    [InlineData("""{"contents":[{"parts":[{"text":"ok"}]}],"system_instruction":{"parts":[{"text":"WORD"}]}}""")]
    [InlineData("""{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{"x":["WORD"]}}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"x":"WORD"}}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"function_call":{"name":"f","args":{"x":"WORD"}}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"function_response":{"name":"f","response":{"x":"WORD"}}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{},"parts":[{"text":"WORD"}]}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"executableCode":{"language":"PYTHON","code":"WORD"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"WORD"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"fileData":{"mimeType":"text/plain","fileUri":"https://a.example/WORD"}}]}]}""")]
    [InlineData("""{"contents":[{"parts":[{"text":"WORD","thought":true}]}]}""")]
    public async Task GeminiRequest_WithTheTerm_IsRefused(string body)
    {
        var upstream = gateway.Stub.Requests.Count;
        var exchange = await gateway.SendAsync(HttpMethod.Post, "/v1beta/models/g:generateContent", Fill(body, false));

        Assert.Equal("PROHIBITED_CONTENT", (string?)exchange.Json["promptFeedback"]!["blockReason"]);
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
        Assert.Equal(upstream, gateway.Stub.Requests.Count);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"ok"}],"tools":[{"type":"function","function":{"name":"f","description":"WORD","parameters":{"enum":["WORD"]}}}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"ok"}],"guided_regex":"WORD","metadata":{"k":"WORD"}}""")]
    [InlineData("/v1/responses", """{"model":"m","input":"ok","tools":[{"type":"function","name":"f","description":"WORD"}]}""")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"ok"}],"tools":[{"name":"f","description":"WORD","input_schema":{}}]}""")]
    [InlineData("/tokenize", """{"model":"m","messages":[{"role":"user","content":"ok"}],"tools":[{"type":"function","function":{"name":"f","description":"WORD"}}]}""")]
    [InlineData("/api/chat", """{"model":"m","stream":false,"messages":[{"role":"user","content":"ok"}],"tools":[{"type":"function","function":{"name":"f","description":"WORD"}}]}""")]
    [InlineData("/v1beta/models/g:generateContent", """{"contents":[{"parts":[{"text":"ok"}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"WORD"}]}]}""")]
    public async Task ToolDefinition_WithTheTerm_IsRecordedAndPasses(string path, string body)
    {
        var exchange = await gateway.SendAsync(HttpMethod.Post, path, Fill(body, false), gateway.Stub.Json("{}"u8.ToArray()).Id);

        Assert.Equal(200, exchange.Status);
        var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow);
        Assert.NotEmpty(record.RequestDetections);
    }

    // Answers with the term in one place; whatever comes back, the term does not.
    public static TheoryData<string, string> Answers => new()
    {
        { "/v1/chat/completions", """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"q\":\"WORD\"}"}}]},"finish_reason":"tool_calls"}]}""" },
        { "/v1/chat/completions", """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"ok","reasoning_details":[{"text":"WORD"}]},"finish_reason":"stop"}]}""" },
        { "/v1/completions", """{"id":"c","choices":[{"index":0,"text":"ok","finish_reason":"stop"},{"index":1,"text":"WORD","finish_reason":"stop"}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"function_call","name":"f","arguments":"{\"q\":\"WORD\"}"}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"mcp_call","name":"f","arguments":"{}","output":"WORD"}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"custom_tool_call","name":"f","input":"WORD"}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"WORD"}]}]}""" },
        { "/v1/messages", """{"id":"m","type":"message","content":[{"type":"tool_use","id":"t","name":"f","input":{"q":["WORD"]}}],"stop_reason":"tool_use"}""" },
        { "/v1/messages", """{"id":"m","type":"message","content":[{"type":"thinking","thinking":"WORD","signature":"s"}],"stop_reason":"end_turn"}""" },
        { "/api/chat", """{"model":"m","message":{"role":"assistant","content":"","thinking":"WORD"},"done":true}""" },
        { "/api/chat", """{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"q":"WORD"}}}]},"done":true}""" },
        { "/v1beta/models/g:generateContent", """{"candidates":[{"index":0,"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"},{"index":1,"content":{"parts":[{"functionCall":{"name":"f","args":{"q":"WORD"}}}]},"finishReason":"STOP"}]}""" },
        { "/v1/chat/completions", """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"ok","annotations":[{"type":"url_citation","url_citation":{"title":"WORD","url":"https://a.example"}}]},"finish_reason":"stop"}]}""" },
        { "/v1/chat/completions", """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"ok","reasoning_details":[{"type":"reasoning.text","text":"FIRST"},{"type":"reasoning.text","text":"SECOND"}]},"finish_reason":"stop"}]}""" },
        { "/v1/chat/completions", """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":null,"audio":{"id":"a","data":"AAAA","transcript":"WORD"}},"finish_reason":"stop"}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"code_interpreter_call","code":"WORD","outputs":[]}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"file_search_call","queries":["WORD"],"results":[]}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"file_search_call","queries":[],"results":[{"filename":"a","text":"WORD"}]}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"image_generation_call","result":"AAAA","revised_prompt":"WORD"}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"mcp_list_tools","server_label":"s","tools":[],"error":"WORD"}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"message","content":[{"type":"output_text","text":"ok","annotations":[{"type":"url_citation","title":"WORD"}]}]}]}""" },
        { "/v1/responses", """{"id":"r","output":[{"type":"message","content":[{"type":"refusal","refusal":"WORD"}]}]}""" },
        { "/v1/messages", """{"id":"m","type":"message","content":[{"type":"text","text":"ok","citations":[{"type":"web_search_result_location","cited_text":"WORD"}]}],"stop_reason":"end_turn"}""" },
        { "/v1/messages", """{"id":"m","type":"message","content":[{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","title":"WORD","url":"https://a.example","encrypted_content":"AAAA"}]}],"stop_reason":"end_turn"}""" },
        { "/v1/messages", """{"id":"m","type":"message","content":[{"type":"code_execution_tool_result","tool_use_id":"s","content":{"type":"code_execution_result","stdout":"WORD"}}],"stop_reason":"end_turn"}""" },
        { "/v1beta/models/g:generateContent", """{"candidates":[{"index":0,"content":{"parts":[{"executableCode":{"code":"WORD"}}]},"finishReason":"STOP"}]}""" },
        { "/v1beta/models/g:generateContent", """{"candidates":[{"index":0,"content":{"parts":[{"codeExecutionResult":{"output":"WORD"}}]},"finishReason":"STOP"}]}""" },
        { "/v1beta/models/g:generateContent", """{"candidates":[{"index":0,"content":{"parts":[{"text":"ok"}]},"groundingMetadata":{"groundingChunks":[{"web":{"title":"WORD","uri":"https://a.example"}}]},"finishReason":"STOP"}]}""" },
        { "/v1beta/models/g:generateContent", """{"candidates":[{"index":0,"content":{"parts":[{"text":"ok"}]},"citationMetadata":{"citationSources":[{"uri":"https://a.example/WORD"}]},"finishReason":"STOP"}]}""" },
        { "/api/chat", """{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"WORD","arguments":{}}}]},"done":true}""" },
        { "/v1/images/generations", """{"created":1,"data":[{"url":"https://x/WORD.png"}]}""" },
        { "/tokenize", """{"count":2,"max_model_len":9,"tokens":[1,2],"token_strs":["FIRST","SECOND"]}""" },
        { "/tokenize", """{"tokens":[{"id":1,"piece":"WORD"}]}""" },
        { "/classify", """{"object":"list","data":[{"index":0,"label":"WORD","probs":[0.5,0.5],"num_classes":2}]}""" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Case_45_Answer_WithTheTerm_HoldsNothingOfIt(string path, string answer)
    {
        var request = path switch
        {
            "/v1/completions" => """{"model":"m","prompt":"ok"}""",
            "/v1/images/generations" => """{"prompt":"ok"}""",
            "/v1/responses" or "/classify" => """{"model":"m","input":"ok"}""",
            "/v1beta/models/g:generateContent" => """{"contents":[{"parts":[{"text":"ok"}]}]}""",
            _ => """{"model":"m","max_tokens":9,"stream":false,"messages":[{"role":"user","content":"ok"}]}""",
        };

        var exchange = await gateway.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(request), gateway.Stub.Json(Fill(answer, false)).Id);

        Recorded.AssertHolds(exchange.Text, "the answer");
        await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    [Theory]
    [InlineData("/v1/responses/resp_1", """{"id":"resp_1","object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"WORD"}]}]}""")]
    [InlineData("/v1/responses/resp_1/input_items", """{"object":"list","data":[{"type":"message","content":[{"type":"input_text","text":"WORD"}]}]}""")]
    [InlineData("/v1/chat/completions/chatcmpl-1", """{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"WORD"},"finish_reason":"stop"}]}""")]
    [InlineData("/v1/chat/completions/chatcmpl-1/messages", """{"object":"list","data":[{"id":"m","role":"user","content":"WORD"}]}""")]
    public async Task Case_51_FetchedAnswer_WithTheTerm_HoldsNothingOfIt(string path, string answer)
    {
        var clean = Encoding.UTF8.GetBytes(answer.Replace("WORD", "fine", StringComparison.Ordinal));
        var passed = await gateway.SendAsync(HttpMethod.Get, path, null, gateway.Stub.Json(clean).Id);
        var blocked = await gateway.SendAsync(HttpMethod.Get, path, null, gateway.Stub.Json(Fill(answer, false)).Id);

        Assert.Equal(clean, passed.Body);
        Recorded.AssertHolds(blocked.Text, "the answer");
        Assert.Contains("content_filter", blocked.Text, StringComparison.Ordinal);
        await gateway.RecordAsync(blocked, Outcomes.Blocked, Actions.Allow, Actions.Block);
    }

    private static byte[] Fill(string body, bool escaped)
    {
        var (first, second) = (TestLexicon.BlockChinese[..2], TestLexicon.BlockChinese[2..]);
        return Encoding.UTF8.GetBytes(body
            .Replace("WORD", Spell(first + second), StringComparison.Ordinal)
            .Replace("FIRST", Spell(first), StringComparison.Ordinal)
            .Replace("SECOND", Spell(second), StringComparison.Ordinal));

        string Spell(string text) => escaped ? string.Concat(text.Select(letter => $"\\u{(int)letter:x4}")) : text;
    }
}
