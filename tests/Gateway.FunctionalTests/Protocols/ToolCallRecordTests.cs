using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>The record of an answer that calls tools holds each tool's name and a digest of its arguments, and never the arguments.</summary>
public sealed class ToolCallRecordTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Chat = """{"model":"m","stream":false,"max_tokens":9,"messages":[{"role":"user","content":"ok"}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", """{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}},{"id":"u","type":"function","function":{"name":"mail","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""", "weather", "mail")]
    [InlineData("/v1/messages", """{"type":"message","content":[{"type":"tool_use","id":"t","name":"weather","input":{"city":"Oslo"}},{"type":"tool_use","id":"u","name":"mail","input":{}}],"stop_reason":"tool_use"}""", "weather", "mail")]
    [InlineData("/api/chat", """{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Oslo"}}}]},"done":true}""", "weather")]
    public async Task Answer_ThatCallsTools_IsRecordedWithNamesAndDigests(string path, string answer, params string[] names)
    {
        var exchange = await gateway.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(Chat), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)).Id);

        AssertCalls(await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow), names);
    }

    [Fact]
    public async Task Stream_ThatCallsTools_IsRecordedWithNamesAndDigests()
    {
        var events = new ChatEvents().Role().ToolStart("weather").ToolArguments("{\"city\":").ToolStart("mail", call: 1).ToolArguments("\"Oslo\"}").ToolArguments("{}", call: 1).Finish("tool_calls").Done();

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));

        AssertCalls(await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow), "weather", "mail");
    }

    [Fact]
    public async Task Tool_NamedAfterATerm_IsNotQuoted()
    {
        var message = new System.Text.Json.Nodes.JsonObject { ["role"] = "assistant", ["tool_calls"] = new System.Text.Json.Nodes.JsonArray(ChatTranscripts.ToolCall(TestLexicon.Block, "{}")) };
        var node = ChatTranscripts.AnswerNode("");
        node["choices"]![0]!["message"] = message;
        var answer = ChatTranscripts.Text(node);

        var exchange = await gateway.SendAsync(HttpMethod.Post, "/v1/chat/completions", Encoding.UTF8.GetBytes(Chat), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)).Id);

        var record = await gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        Assert.Null(Assert.Single(record.Json["response"]!["toolCalls"]!.AsArray())!["name"]);
    }

    private static void AssertCalls(AuditView record, params string[] names)
    {
        var calls = record.Json["response"]!["toolCalls"]!.AsArray();
        Assert.Equal(names, calls.Select(call => (string)call!["name"]!));
        Assert.All(calls, call => Assert.Matches("^[0-9a-f]{64}$", (string)call!["arguments"]!));
        Assert.DoesNotContain("Oslo", record.ToString(), StringComparison.Ordinal);
    }
}
