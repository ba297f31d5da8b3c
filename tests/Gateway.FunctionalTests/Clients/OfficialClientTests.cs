using System.Text;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Clients;

/// <summary>
/// The official npm clients of every protocol, in a Node process: what they return when an answer passes or is masked, and
/// that they stop or raise, and never hang, when it is refused, withheld, cut or broken off.
/// </summary>
public sealed class OfficialClientTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Gateway.FunctionalTests", "node");

    // Client, transcript, how it names a good end, how it names a withheld answer.
    private static readonly Dictionary<string, (string Transcript, string Stream, string Good, string Withheld)> Clients = new(StringComparer.Ordinal)
    {
        ["openai"] = ("openai-chat.json", "openai-chat.sse", "stop", "content_filter"),
        ["responses"] = ("openai-responses.json", "openai-responses.sse", "completed", "content_filter"),
        ["anthropic"] = ("anthropic.json", "anthropic.sse", "end_turn", "refusal"),
        ["gemini"] = ("gemini.json", "gemini.sse", "STOP", "PROHIBITED_CONTENT"),
        ["ollama"] = ("ollama-chat.json", "ollama-chat.ndjson", "stop", "content_filter"),
        ["vercel"] = ("openai-chat.json", "openai-chat.sse", "stop", "content-filter"),
        ["vercelResponses"] = ("openai-responses.json", "openai-responses.sse", "stop", "content-filter"),
    };

    public static TheoryData<string> Names => new(Clients.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Client_AllowedAndMasked_GetsTheText(string client)
    {
        foreach (var stream in new[] { false, true })
        {
            var allowed = await CallAsync(client, Whole(client, stream, "Good morning 早, ", "all is well."), "Hello", stream);
            var masked = await CallAsync(client, Whole(client, stream, "Use sk-proj-4f8Qz2Lk", Key[16..], ", please."), "Hello", stream);

            Assert.True(allowed["error"] is null, allowed.ToJsonString());
            Assert.Equal("Good morning 早, all is well.", (string?)allowed["text"]);
            Assert.Equal(Clients[client].Good, (string?)allowed["finish"]);
            Assert.True(masked["error"] is null, masked.ToJsonString());
            Assert.Equal("Use [masked:api-key], please.", (string?)masked["text"]);
            Assert.Equal(Clients[client].Good, (string?)masked["finish"]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Client_WithABlockedPrompt_IsRefused(string client)
    {
        foreach (var stream in new[] { false, true })
        {
            var script = Whole(client, stream, "The model server was called.");

            var seen = await CallAsync(client, script, $"Tell me of {TestLexicon.Block}", stream);

            Assert.Empty(script.Requests);
            Recorded.AssertHolds(seen.ToJsonString(), "what the client saw");
            if (client == "gemini")
            {
                Assert.Equal("PROHIBITED_CONTENT", (string?)seen["finish"]);
                Assert.Equal("", (string?)seen["text"]);
                continue;
            }

            Assert.True(seen["error"] is not null, seen.ToJsonString());
            Assert.Equal(400, (int?)seen["error"]!["status"]);
            Assert.Contains("content safety policy", (string)seen["error"]!["message"]!, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Client_WithAWithheldAnswer_IsToldSo(string client)
    {
        var seen = await CallAsync(client, Whole(client, false, $"It is {TestLexicon.Block}."), "Hello", stream: false);

        Assert.True(seen["error"] is null, seen.ToJsonString());
        Assert.Equal("", (string?)seen["text"]);
        Assert.Equal(Clients[client].Withheld, (string?)seen["finish"]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Client_CutInMidStream_Stops(string client)
    {
        var transcript = Transcript.Load(Clients[client].Stream);
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync(transcript.ContentType);
            foreach (var frame in transcript.Beginning("Good morning. ", "kestrel", "bane", " and more")) await call.WriteAsync(frame);
            await call.Cancelled;
        });

        var seen = await CallAsync(client, script, "Hello", stream: true);

        Assert.True(seen["error"] is null, seen.ToJsonString());
        Assert.Equal(Clients[client].Withheld, (string?)seen["finish"]);
        Assert.Equal("Good morning. ", (string?)seen["text"]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Client_WhoseUpstreamDies_IsNotToldThatAllIsWell(string client)
    {
        var transcript = Transcript.Load(Clients[client].Stream);
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync(transcript.ContentType);
            foreach (var frame in transcript.Beginning("Good morning. ", "All ")) await call.WriteAsync(frame);
            await call.AbortAsync();
        });

        var seen = await CallAsync(client, script, "Hello", stream: true);

        Assert.True(seen["error"] is not null || (string?)seen["finish"] != Clients[client].Good, seen.ToJsonString());
    }

    [Theory]
    [InlineData("openai", false, """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"weather","arguments":"{\"city\":\"CITY\"}"}}]},"finish_reason":"tool_calls"}]}""")]
    [InlineData("anthropic", false, """{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t","name":"weather","input":{"city":"CITY"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}""")]
    [InlineData("responses", false, """{"id":"r","object":"response","created_at":1,"status":"completed","model":"m","output":[{"id":"f","type":"function_call","call_id":"c","name":"weather","arguments":"{\"city\":\"CITY\"}","status":"completed"}]}""")]
    [InlineData("gemini", false, """{"candidates":[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"CITY"}}}]},"finishReason":"STOP"}]}""")]
    [InlineData("ollama", false, """{"model":"m","created_at":"2025-01-01T00:00:00Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"CITY"}}}]},"done":true,"done_reason":"stop"}""")]
    [InlineData("openai", true, "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n")]
    [InlineData("anthropic", true, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"weather\",\"input\":{}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\":\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"CITY\\\"}\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")]
    [InlineData("vercel", false, """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"weather","arguments":"{\"city\":\"CITY\"}"}}]},"finish_reason":"tool_calls"}]}""")]
    [InlineData("vercel", true, "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n")]
    [InlineData("responses", true, "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r\",\"object\":\"response\",\"created_at\":1,\"status\":\"in_progress\",\"error\":null,\"incomplete_details\":null,\"model\":\"m\",\"output\":[],\"usage\":null}}\n\nevent: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"f\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"weather\",\"arguments\":\"\",\"status\":\"in_progress\"}}\n\nevent: response.function_call_arguments.delta\ndata: {\"type\":\"response.function_call_arguments.delta\",\"sequence_number\":2,\"item_id\":\"f\",\"output_index\":0,\"delta\":\"{\\\"city\\\":\\\"CITY\\\"}\"}\n\nevent: response.function_call_arguments.done\ndata: {\"type\":\"response.function_call_arguments.done\",\"sequence_number\":3,\"item_id\":\"f\",\"output_index\":0,\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\"}\n\nevent: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"sequence_number\":4,\"output_index\":0,\"item\":{\"id\":\"f\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\",\"status\":\"completed\"}}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":5,\"response\":{\"id\":\"r\",\"object\":\"response\",\"created_at\":1,\"status\":\"completed\",\"error\":null,\"incomplete_details\":null,\"model\":\"m\",\"output\":[{\"id\":\"f\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\",\"status\":\"completed\"}],\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens_details\":{\"reasoning_tokens\":0}}}}\n\n")]
    [InlineData("vercelResponses", true, "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r\",\"object\":\"response\",\"created_at\":1,\"status\":\"in_progress\",\"error\":null,\"incomplete_details\":null,\"model\":\"m\",\"output\":[],\"usage\":null}}\n\nevent: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"f\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"weather\",\"arguments\":\"\",\"status\":\"in_progress\"}}\n\nevent: response.function_call_arguments.delta\ndata: {\"type\":\"response.function_call_arguments.delta\",\"sequence_number\":2,\"item_id\":\"f\",\"output_index\":0,\"delta\":\"{\\\"city\\\":\\\"CITY\\\"}\"}\n\nevent: response.function_call_arguments.done\ndata: {\"type\":\"response.function_call_arguments.done\",\"sequence_number\":3,\"item_id\":\"f\",\"output_index\":0,\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\"}\n\nevent: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"sequence_number\":4,\"output_index\":0,\"item\":{\"id\":\"f\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\",\"status\":\"completed\"}}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":5,\"response\":{\"id\":\"r\",\"object\":\"response\",\"created_at\":1,\"status\":\"completed\",\"error\":null,\"incomplete_details\":null,\"model\":\"m\",\"output\":[{\"id\":\"f\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"CITY\\\"}\",\"status\":\"completed\"}],\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens_details\":{\"reasoning_tokens\":0}}}}\n\n")]
    [InlineData("gemini", true, "data: {\"candidates\":[{\"index\":0,\"content\":{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"weather\",\"args\":{\"city\":\"CITY\"}}}]},\"finishReason\":\"STOP\"}]}\n\n")]
    [InlineData("ollama", true, "{\"model\":\"m\",\"created_at\":\"2025-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"weather\",\"arguments\":{\"city\":\"CITY\"}}}]},\"done\":false}\n{\"model\":\"m\",\"created_at\":\"2025-01-01T00:00:01Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n")]
    public async Task Client_WithAToolCall_GetsItOrNothingOfTheTerm(string client, bool stream, string answer)
    {
        var passed = await CallAsync(client, Script(client, answer, stream, "Oslo"), "Hello", stream, tools: true);
        var blocked = await CallAsync(client, Script(client, answer, stream, TestLexicon.Block), "Hello", stream, tools: true);

        Assert.True(passed["error"] is null, passed.ToJsonString());
        Assert.Equal("weather", (string?)passed["tool"]!["name"]);
        Assert.Equal("{\"city\":\"Oslo\"}", (string?)passed["tool"]!["arguments"]);
        Assert.True(blocked["error"] is null, blocked.ToJsonString());
        Recorded.AssertHolds(blocked.ToJsonString(), "what the client saw");
        Assert.Equal(Clients[client].Withheld, (string?)blocked["finish"]);
    }

    private StubScript Script(string client, string answer, bool stream, string city)
    {
        var bytes = Encoding.UTF8.GetBytes(answer.Replace("CITY", city, StringComparison.Ordinal));
        return stream ? gateway.Stub.Cut([bytes], client == "ollama" ? "application/x-ndjson" : "text/event-stream") : gateway.Stub.Json(bytes);
    }

    private StubScript Whole(string client, bool stream, params string[] pieces)
    {
        if (!stream) return gateway.Stub.Json(Transcript.Load(Clients[client].Transcript).Bytes(pieces));
        var transcript = Transcript.Load(Clients[client].Stream);
        return gateway.Stub.Cut(transcript.Frames(pieces), transcript.ContentType);
    }

    private async Task<JsonNode> CallAsync(string client, StubScript script, string prompt, bool stream, bool tools = false)
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules", "ollama")), $"Run 'npm ci' in {Folder}: the npm clients are missing.");
        await using var node = ChildProcess.Start("node", ["clients.mjs"], Folder, new Dictionary<string, string>
        {
            ["CLIENT"] = client,
            ["BASE"] = gateway.Host.Address.GetLeftPart(UriPartial.Authority),
            ["MODEL"] = script.Id,
            ["PROMPT"] = prompt,
            ["STREAM"] = stream ? "true" : "false",
            ["TOOLS"] = tools ? "true" : "",
        });
        await node.ExitedAsync();
        Assert.True(node.ExitCode == 0, node.Errors);
        return JsonNode.Parse(node.Output)!;
    }
}
