using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Sanctions;

/// <summary>
/// Row 7 in every protocol: turns that were blocked for this user are cut out with the answers to them, the rest goes on; what cannot be cut out cleanly is refused.
/// BAD stands for a turn that is blocked.
/// </summary>
public sealed class BlockedHistoryTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Messages = "/v1/messages";
    private const string Responses = "/v1/responses";
    private const string Completions = "/v1/completions";
    private const string Ollama = "/api/chat";
    private const string Gemini = "/v1beta/models/m:generateContent";

    /// <summary>Path, the request that is blocked first, the conversation that a client sends afterwards, what may go on of it.</summary>
    public static TheoryData<string, string, string, string> Conversations => new()
    {
        {
            Chat, """{"model":"m","messages":[{"role":"user","content":"BAD"}]}""",
            """{"model":"m","messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"BAD"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"found"},{"role":"assistant","content":"No."},{"role":"user","content":"The weather?"}]}""",
            """{"model":"m","messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"The weather?"}]}"""
        },
        {
            Messages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"BAD"}]}""",
            """{"model":"m","max_tokens":9,"system":"Be kind.","messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"BAD"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"found"}]},{"role":"assistant","content":"No."},{"role":"user","content":[{"type":"text","text":"The weather?"}]}]}""",
            """{"model":"m","max_tokens":9,"system":"Be kind.","messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":[{"type":"text","text":"The weather?"}]}]}"""
        },
        {
            Gemini, """{"contents":[{"role":"user","parts":[{"text":"BAD"}]}]}""",
            """{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"BAD"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"x":"found"}}}]},{"role":"model","parts":[{"text":"No."}]},{"role":"user","parts":[{"text":"The weather?"}]},{"role":"model","parts":[{"text":"Fine."}]},{"role":"user","parts":[{"text":"Thanks."}]}]}""",
            """{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"The weather?"}]},{"role":"model","parts":[{"text":"Fine."}]},{"role":"user","parts":[{"text":"Thanks."}]}]}"""
        },
        {
            Ollama, """{"model":"m","stream":false,"messages":[{"role":"user","content":"BAD"}]}""",
            """{"model":"m","stream":false,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"BAD"},{"role":"assistant","content":"No.","tool_calls":[{"function":{"name":"f","arguments":{}}}]},{"role":"tool","content":"found"},{"role":"user","content":"The weather?"}]}""",
            """{"model":"m","stream":false,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"The weather?"}]}"""
        },
        {
            Responses, """{"model":"m","input":[{"role":"user","content":"BAD"}]}""",
            """{"model":"m","instructions":"Be kind.","input":[{"type":"message","role":"user","content":"Hello"},{"role":"user","content":"BAD"},{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"found"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"No."}]},{"role":"user","content":[{"type":"input_text","text":"The weather?"}]}]}""",
            """{"model":"m","instructions":"Be kind.","input":[{"type":"message","role":"user","content":"Hello"},{"role":"user","content":[{"type":"input_text","text":"The weather?"}]}]}"""
        },
    };

    /// <summary>The same without something that may go on: the user's only words, a text that is no turn, results whose calls would be missing.</summary>
    public static TheoryData<string, string, string> Refused => new()
    {
        { Chat, """{"model":"m","messages":[{"role":"user","content":"BAD"}]}""", """{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"BAD"},{"role":"assistant","content":"No."}]}""" },
        { Messages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"BAD"}]}""", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"BAD"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"found"},{"type":"text","text":"The weather?"}]}]}""" },
        { Messages, """{"model":"m","max_tokens":9,"system":"BAD","messages":[{"role":"user","content":"Hello"}]}""", """{"model":"m","max_tokens":9,"system":"BAD","messages":[{"role":"user","content":"The weather?"}]}""" },
        { Gemini, """{"contents":[{"role":"user","parts":[{"text":"BAD"}]}]}""", """{"contents":[{"role":"user","parts":[{"text":"BAD"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"x":"found"}}},{"text":"The weather?"}]}]}""" },
        { Gemini, """{"contents":{"role":"user","parts":[{"text":"BAD"}]}}""", """{"contents":{"role":"user","parts":[{"text":"BAD"}]},"systemInstruction":{"parts":[{"text":"Be kind."}]}}""" },
        { Ollama, """{"model":"m","stream":false,"messages":[{"role":"user","content":"BAD"}]}""", """{"model":"m","stream":false,"messages":[{"role":"user","content":"BAD"},{"role":"assistant","content":"No."}]}""" },
        { "/api/generate", """{"model":"m","stream":false,"prompt":"BAD"}""", """{"model":"m","stream":false,"prompt":"BAD","system":"Be kind."}""" },
        { Responses, """{"model":"m","instructions":"BAD","input":"Hello"}""", """{"model":"m","instructions":"BAD","input":[{"role":"user","content":"The weather?"}]}""" },
        { Responses, """{"model":"m","input":"BAD"}""", """{"model":"m","input":"BAD","instructions":"Be kind."}""" },
        { Completions, """{"model":"m","prompt":"BAD"}""", """{"model":"m","prompt":"BAD","suffix":"The weather?"}""" },

        // Prompts beside one another are no conversation: each has an answer of its own number, and the numbers would shift.
        { Completions, """{"model":"m","prompt":["BAD"]}""", """{"model":"m","prompt":["Hello","BAD","The weather?"]}""" },
    };

    [Theory]
    [MemberData(nameof(Conversations))]
    public async Task Row07_Replace_CutsTheTurnWithItsAnswers_InEveryProtocol(string path, string blocked, string conversation, string rest)
    {
        await using var gateway = await StartAsync("replace");
        Assert.True(IsRefused(await SendAsync(gateway, "alice", path, blocked)));
        Assert.Empty(gateway.Stub.Requests);

        // Indented, so that white space around the cut is met; a client that resends is never counted again.
        foreach (var body in new[] { conversation, JsonNode.Parse(Bad(conversation))!.ToJsonString(new(ChatTranscripts.Relaxed) { WriteIndented = true }), conversation })
        {
            var exchange = await SendAsync(gateway, "alice", path, body);

            Assert.True(exchange.Status == 200 && !IsRefused(exchange), exchange.Text);
            var sent = Encoding.UTF8.GetString(gateway.Stub.Requests[^1].Body);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(rest), JsonNode.Parse(sent)), sent);
            Recorded.AssertHolds(sent, "what went on");
            var record = Assert.Single(gateway.Host.Audit.Find(exchange.Id!)).Json;
            Assert.Contains(record["request"]!["unjudged"]!.AsArray(), part => (string?)part!["reason"] == "replaced");
        }

        Assert.Single(gateway.Host.Audit.Events("user_warned"));
        Assert.Empty(gateway.Host.Audit.Events("user_limited"));

        // For somebody else it is new, and refused; so it is where policy does not say otherwise.
        var count = gateway.Stub.Requests.Count;
        Assert.True(IsRefused(await SendAsync(gateway, "bob", path, conversation)));
        await using var strict = await StartAsync("refuse");
        await SendAsync(strict, "alice", path, blocked);
        Assert.True(IsRefused(await SendAsync(strict, "alice", path, conversation)));
        Assert.Equal((count, 0), (gateway.Stub.Requests.Count, strict.Stub.Requests.Count));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Row07_WhatCannotBeCutOutCleanly_IsRefused(string path, string blocked, string conversation)
    {
        await using var gateway = await StartAsync("replace");
        Assert.True(IsRefused(await SendAsync(gateway, "alice", path, blocked)));

        Assert.True(IsRefused(await SendAsync(gateway, "alice", path, conversation)));

        Assert.Empty(gateway.Stub.Requests);
    }

    [Theory]
    [InlineData(Messages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"BAD"}]}]}""")]
    [InlineData(Gemini, """{"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"x":"BAD"}}}]}]}""")]
    [InlineData(Responses, """{"model":"m","input":[{"role":"user","content":"Hello"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"BAD"}]}""")]
    [InlineData(Responses, """{"model":"m","input":[{"role":"user","content":"Hello"},{"type":"function_call","call_id":"c","name":"f","arguments":"{\"q\":\"BAD\"}"},{"type":"function_call_output","call_id":"c","output":"found"}]}""")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"BAD"}]}""")]
    public async Task Row08_WhatAToolAnswersOrTheModelCalls_IsRefusedAndNotCountedAgainstTheUser(string path, string body)
    {
        await using var gateway = await StartAsync("refuse");

        for (var round = 0; round < 4; round++) Assert.True(IsRefused(await SendAsync(gateway, "alice", path, body)));

        Assert.Empty(gateway.Host.Audit.Events("user_warned"));
        Assert.Equal(200, (await gateway.AskAsync("alice", "Good day.")).Status);
    }

    private static string Bad(string body) => body.Replace("BAD", $"Tell me of {TestLexicon.Block}.", StringComparison.Ordinal);

    private static bool IsRefused(Exchange exchange) => exchange.Status == 400 || (exchange.Status == 200 && exchange.Text.Contains("PROHIBITED_CONTENT", StringComparison.Ordinal));

    private static Task<UserGateway> StartAsync(string onBlockedHistory) =>
        UserGateway.StartAsync(setup => setup with { Policy = GatewaySetup.PolicyOf(members: [("OnBlockedHistory", onBlockedHistory)]) });

    private static async Task<Exchange> SendAsync(UserGateway gateway, string user, string path, string body)
    {
        using var request = GuardedGateway.Request(HttpMethod.Post, path, Encoding.UTF8.GetBytes(Bad(body)), null);
        request.Headers.Add(UserGateway.Header, user);
        using var response = await gateway.Host.Client.SendAsync(request);
        return await Exchange.ReadAsync(response);
    }
}
