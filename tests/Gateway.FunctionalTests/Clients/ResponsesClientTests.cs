using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;
using OpenAI.Responses;

namespace Gateway.FunctionalTests.Clients;

/// <summary>The official OpenAI client for .NET on the Responses API: what it returns, what it throws, and that it stops.</summary>
public sealed class ResponsesClientTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    private const string Key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";
    private const string Call = """{"id":"f","type":"function_call","call_id":"c","name":"weather","arguments":"{\"city\":\"CITY\"}","status":"completed"}""";

    private static readonly Transcript Whole = Transcript.Load("openai-responses.json");
    private static readonly Transcript Streamed = Transcript.Load("openai-responses.sse");

    [Theory]
    [InlineData("Good morning 早. And kestrel", "Good morning 早. And kestrel")]
    [InlineData($"Use {Key}, please.", "Use [masked:api-key], please.")]
    public async Task CreateResponse_AllowedOrMasked_ReturnsTheText(string said, string expected)
    {
        var answer = await AskAsync(gateway.Stub.Json(Whole.Bytes(said)), "Hello");

        Assert.Equal(ResponseStatus.Completed, answer.Status);
        Assert.Equal(expected, answer.GetOutputText());
        Assert.Equal(19, answer.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task CreateResponse_BlockedPrompt_ThrowsWithStatus400()
    {
        var script = gateway.Stub.Json(Whole.Bytes("The model server was called."));

        var thrown = await Assert.ThrowsAsync<ClientResultException>(() => AskAsync(script, TestLexicon.Block));

        AssertRefused(thrown, script);
    }

    [Fact]
    public async Task CreateResponse_BlockedAnswer_IsIncompleteBecauseOfTheContentFilter()
    {
        var answer = await AskAsync(gateway.Stub.Json(Whole.Bytes($"It is {TestLexicon.Block}.")), "Hello");

        AssertFiltered(answer);
    }

    [Fact]
    public async Task CreateResponse_WithAToolCall_ReturnsItOrNothingOfTheTerm()
    {
        static byte[] Answer(string city) => Encoding.UTF8.GetBytes(
            """{"id":"r","object":"response","created_at":1,"status":"completed","model":"m","output":[CALL],"tools":[],"metadata":{}}"""
                .Replace("CALL", Call.Replace("CITY", city, StringComparison.Ordinal), StringComparison.Ordinal));

        var passed = await AskAsync(gateway.Stub.Json(Answer("Oslo")), "Hello");
        var blocked = await AskAsync(gateway.Stub.Json(Answer(TestLexicon.Block)), "Hello");

        AssertCalled(Assert.IsType<FunctionCallResponseItem>(Assert.Single(passed.OutputItems)));
        AssertFiltered(blocked);
    }

    [Theory]
    [InlineData("Good morning 早. And kestrel", "Good morning 早. And kestrel")]
    [InlineData($"Use {Key}, please.", "Use [masked:api-key], please.")]
    public async Task CreateResponseStreaming_AllowedOrMasked_YieldsTheText(string said, string expected)
    {
        var seen = await StreamAsync(gateway.Stub.Cut(Streamed.Frames([.. said.EnumerateRunes().Select(rune => rune.ToString())])), "Hello");

        Assert.Equal(expected, seen.Text);
        Assert.Equal(ResponseStatus.Completed, seen.Last!.Status);
        Assert.Equal(expected, seen.Last.GetOutputText());
    }

    [Fact]
    public async Task CreateResponseStreaming_BlockedPrompt_ThrowsWithStatus400()
    {
        var script = gateway.Stub.Cut(Streamed.Frames("The model server was called."));

        var thrown = await Assert.ThrowsAsync<ClientResultException>(() => StreamAsync(script, TestLexicon.BlockChinese));

        AssertRefused(thrown, script);
    }

    [Fact]
    public async Task CreateResponseStreaming_BlockedInMidStream_EndsIncomplete()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            foreach (var frame in Streamed.Beginning("Good morning. ", "kestrel", "bane", " and more")) await call.WriteAsync(frame);
            await call.Cancelled;
        });

        var seen = await StreamAsync(script, "Hello");

        Assert.Equal("Good morning. ", seen.Text);
        AssertFiltered(seen.Last!);
    }

    [Fact]
    public async Task CreateResponseStreaming_WithAToolCall_YieldsItOrNothingOfTheTerm()
    {
        var passed = await StreamAsync(gateway.Stub.Cut(CallFrames("Oslo")), "Hello");
        var blocked = await StreamAsync(gateway.Stub.Cut(CallFrames(TestLexicon.Block)), "Hello");

        AssertCalled(Assert.Single(passed.Calls));
        Assert.Equal(ResponseStatus.Completed, passed.Last!.Status);
        Assert.Empty(blocked.Calls);
        AssertFiltered(blocked.Last!);
    }

    [Fact]
    public async Task CreateResponseStreaming_UpstreamDying_IsNotToldThatAllIsWell()
    {
        var script = gateway.Stub.Script(async call =>
        {
            await call.StartStreamAsync();
            foreach (var frame in Streamed.Beginning("Good morning. ", "All ")) await call.WriteAsync(frame);
            await call.AbortAsync();
        });

        var seen = await StreamAsync(script, "Hello");

        Assert.Equal("upstream_error", seen.Error);
        Assert.Null(seen.Last);
    }

    private static List<byte[]> CallFrames(string city)
    {
        const string Response = """{"id":"r","object":"response","created_at":1,"status":"STATUS","model":"m","output":[ITEMS],"tools":[],"metadata":{}}""";
        string[] events =
        [
            """{"type":"response.created","sequence_number":0,"response":RESPONSE}""".Replace("RESPONSE", Response.Replace("STATUS", "in_progress", StringComparison.Ordinal).Replace("ITEMS", "", StringComparison.Ordinal), StringComparison.Ordinal),
            """{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"f","type":"function_call","call_id":"c","name":"weather","arguments":"","status":"in_progress"}}""",
            """{"type":"response.function_call_arguments.delta","sequence_number":2,"item_id":"f","output_index":0,"delta":"{\"city\":"}""",
            """{"type":"response.function_call_arguments.delta","sequence_number":3,"item_id":"f","output_index":0,"delta":"\"CITY\"}"}""",
            """{"type":"response.function_call_arguments.done","sequence_number":4,"item_id":"f","output_index":0,"name":"weather","arguments":"{\"city\":\"CITY\"}"}""",
            """{"type":"response.output_item.done","sequence_number":5,"output_index":0,"item":CALL}""",
            """{"type":"response.completed","sequence_number":6,"response":RESPONSE}""".Replace("RESPONSE", Response.Replace("STATUS", "completed", StringComparison.Ordinal).Replace("ITEMS", "CALL", StringComparison.Ordinal), StringComparison.Ordinal),
        ];
        return [.. events.Select(data => Encoding.UTF8.GetBytes($"data: {data.Replace("CALL", Call, StringComparison.Ordinal).Replace("CITY", city, StringComparison.Ordinal)}\n\n"))];
    }

    private static void AssertRefused(ClientResultException thrown, StubScript script)
    {
        Assert.Equal(400, thrown.Status);
        Assert.Contains("content_filter", thrown.Message, StringComparison.Ordinal);
        Recorded.AssertHolds(thrown.Message, "the exception");
        Assert.Empty(script.Requests);
    }

    private static void AssertFiltered(ResponseResult answer)
    {
        Assert.Equal(ResponseStatus.Incomplete, answer.Status);
        Assert.Equal(ResponseIncompleteStatusReason.ContentFilter, answer.IncompleteStatusDetails.Reason);
        Assert.Empty(answer.OutputItems);
    }

    private static void AssertCalled(FunctionCallResponseItem call) => Assert.Equal(("weather", """{"city":"Oslo"}"""), (call.FunctionName, call.FunctionArguments.ToString()));

    private async Task<ResponseResult> AskAsync(StubScript script, string prompt) =>
        await Of().CreateResponseAsync(script.Id, prompt).WaitAsync(Eventually.Patience);

    private async Task<(string Text, List<FunctionCallResponseItem> Calls, ResponseResult? Last, string? Error)> StreamAsync(StubScript script, string prompt)
    {
        return await ReadAsync().WaitAsync(Eventually.Patience);

        async Task<(string, List<FunctionCallResponseItem>, ResponseResult?, string?)> ReadAsync()
        {
            var text = "";
            var calls = new List<FunctionCallResponseItem>();
            ResponseResult? last = null;
            string? error = null;
            await foreach (var update in await Of().CreateResponseStreamingAsync(script.Id, prompt))
            {
                switch (update)
                {
                    case StreamingResponseOutputTextDeltaUpdate delta: text += delta.Delta; break;
                    case StreamingResponseOutputItemDoneUpdate { Item: FunctionCallResponseItem call }: calls.Add(call); break;
                    case StreamingResponseCompletedUpdate completed: last = completed.Response; break;
                    case StreamingResponseIncompleteUpdate incomplete: last = incomplete.Response; break;
                    case StreamingResponseErrorUpdate broken: error = broken.Code; break;
                }
            }

            return (text, calls, last, error);
        }
    }

    private ResponsesClient Of() => new(new ApiKeyCredential("test-key"), new ResponsesClientOptions
    {
        Endpoint = new Uri(gateway.Host.Address, "/v1"),
        RetryPolicy = new ClientRetryPolicy(0),
    });
}
