using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>What every protocol must do with an answer that comes whole, whatever its shape.</summary>
public abstract class ProtocolConformance(PlainGateway gateway)
{
    protected const string Key = "sk-proj-4f8Qz2LkT9vXb7NcR1mWy6Hd";
    private const string Before = "So then, here it comes: ";

    protected PlainGateway Gateway { get; } = gateway;

    /// <summary>Where requests go.</summary>
    protected abstract string Path { get; }

    /// <summary>File of an answer that comes whole.</summary>
    protected abstract string WholeTranscript { get; }

    /// <summary>A request with a prompt.</summary>
    protected abstract JsonObject Ask(string prompt);

    /// <summary>The texts that a client reads in one body or event.</summary>
    protected abstract IEnumerable<JsonNode?> Texts(JsonNode body);

    private protected abstract void AssertRefusedPrompt(Exchange exchange, bool stream);

    private protected abstract void AssertBlockedAnswer(Exchange exchange);

    [Fact]
    public async Task Answer_Allowed_IsTheSameBytes()
    {
        var answer = Transcript.Load(WholeTranscript).Bytes("Good morning 早上好 😀, kestrel and 赤霞 are near misses.");
        var script = Gateway.Stub.Json(answer);
        var request = ChatTranscripts.Bytes(Ask("Hello 你好"));

        var exchange = await SendAsync(Path, request, script);

        Assert.Equal(200, exchange.Status);
        Assert.Equal(answer, exchange.Body);
        Assert.Equal(Actions.Allow, exchange.Action);
        Assert.Equal(request, Assert.Single(script.Requests).Body);
        await Gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task Prompt_Blocked_IsRefusedAndNotForwarded()
    {
        foreach (var term in TestLexicon.BlockTerms)
        {
            var script = Gateway.Stub.Json(Transcript.Load(WholeTranscript).Bytes("Fine."));

            var exchange = await SendAsync(Path, ChatTranscripts.Bytes(Ask($"Tell me of {term} now")), script);

            AssertRefusedPrompt(exchange, stream: false);
            Recorded.AssertHolds(exchange.Text, "the refusal");
            Assert.Equal(Actions.Block, exchange.Action);
            Assert.Empty(script.Requests);
            await Gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Block);
        }
    }

    [Fact]
    public async Task Prompt_WithTheTermInAnUnknownField_IsRefused()
    {
        var request = Ask("Hello");
        request["x_extension"] = new JsonObject { ["blocks"] = new JsonArray(new JsonObject { ["text"] = TestLexicon.Block }) };
        var script = Gateway.Stub.Json(Transcript.Load(WholeTranscript).Bytes("Fine."));

        var exchange = await SendAsync(Path, ChatTranscripts.Bytes(request), script);

        AssertRefusedPrompt(exchange, stream: false);
        Assert.Empty(script.Requests);
    }

    [Fact]
    public async Task Prompt_WithTheTermInTheQuery_IsRefused()
    {
        var script = Gateway.Stub.Json(Transcript.Load(WholeTranscript).Bytes("Fine."));

        var exchange = await SendAsync($"{Path}{(Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}x=%E8%B5%A4%E9%9C%9E%E7%A6%81%E8%AF%AD", ChatTranscripts.Bytes(Ask("Hello")), script);

        AssertRefusedPrompt(exchange, stream: false);
        Assert.Empty(script.Requests);
    }

    [Fact]
    public async Task Answer_Blocked_HoldsNothingOfTheTerm()
    {
        foreach (var term in TestLexicon.BlockTerms)
        {
            var script = Gateway.Stub.Json(Transcript.Load(WholeTranscript).Bytes($"{Before}{term} and more"));

            var exchange = await SendAsync(Path, ChatTranscripts.Bytes(Ask("Hello")), script);

            AssertBlockedAnswer(exchange);
            Recorded.AssertHolds(exchange.Text, "the answer");
            Assert.DoesNotContain("and more", exchange.Text, StringComparison.Ordinal);
            Assert.Equal(Actions.Block, exchange.Action);
            await Gateway.RecordAsync(exchange, Outcomes.Blocked, Actions.Allow, Actions.Block);
        }
    }

    [Fact]
    public async Task Answer_WithAKey_IsMaskedInsideItsStringOnly()
    {
        var transcript = Transcript.Load(WholeTranscript);
        var script = Gateway.Stub.Json(transcript.Bytes($"Use {Key}, \"quoted\" 早."));

        var exchange = await SendAsync(Path, ChatTranscripts.Bytes(Ask("Hello")), script);

        Assert.Equal(200, exchange.Status);
        Assert.Equal(Encoding.UTF8.GetString(transcript.Bytes("Use [masked:api-key], \"quoted\" 早.")), exchange.Text);
        Assert.Equal(Actions.Mask, exchange.Action);
        var record = await Gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Mask);
        Assert.DoesNotContain(Key, record.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Key, Gateway.Host.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Case_48_Answer_ThatIsAnError_IsJudgedAndKeepsItsStatus()
    {
        var harmless = "{\"error\":{\"message\":\"No such model.\",\"type\":\"not_found\",\"code\":\"x\"}}"u8.ToArray();
        var passed = await SendAsync(Path, ChatTranscripts.Bytes(Ask("Hello")), Gateway.Stub.Json(harmless, 404));
        var blocked = await SendAsync(Path, ChatTranscripts.Bytes(Ask("Hello")),
            Gateway.Stub.Json(Encoding.UTF8.GetBytes($"{{\"error\":{{\"message\":\"{TestLexicon.Block} is unknown\"}}}}"), 422));

        Assert.Equal(404, passed.Status);
        Assert.Equal(harmless, passed.Body);
        Assert.Equal(422, blocked.Status);
        Recorded.AssertHolds(blocked.Text, "the error");
    }

    private protected Task<Exchange> SendAsync(string path, byte[] body, StubScript script) => Gateway.SendAsync(HttpMethod.Post, path, body, script.Id);

    private protected static IReadOnlyList<JsonNode> Bodies(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true });
        var bodies = new List<JsonNode>();
        while (reader.Read()) bodies.Add(JsonNode.Parse(ref reader)!);
        return bodies is [JsonArray array] ? [.. array.Select(item => item!)] : bodies;
    }

    private protected static void AssertOpenAIError(Exchange exchange, int status = 400)
    {
        Assert.Equal(status, exchange.Status);
        Refusals.AssertError(exchange, code: "content_filter");
    }
}
