using System.Text;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Streams;

/// <summary>Streams whose pieces belong together for a client and seem not to: the same place, spelled another way.</summary>
public sealed class ReaderDifferenceTests(PlainGateway gateway) : IClassFixture<PlainGateway>
{
    [Theory]
    [InlineData("1", "1.0")]
    [InlineData("1", "1e0")]
    [InlineData("0", "\"0\"")]
    [InlineData("0", "true")]
    [InlineData("7", "[7]")]
    public Task Choice_WithItsNumberSpelledOtherwise_HidesNothing(string first, string second) => HoldsAsync(
        Choice(first, "It is kestrel"), Choice(second, "bane"));

    [Theory]
    [InlineData("0", "4294967297")]
    [InlineData("0", "0.5")]
    [InlineData("0", "1e99")]
    [InlineData("0", null)]
    [InlineData(null, "0")]
    public Task Text_ForANumberThatNobodyReads_DoesNotPartATerm(string? one, string? other) => HoldsAsync(
        Choice(one, "It is kestrel"), Choice(other, "x"), Choice(one, "bane"));

    [Theory]
    [InlineData("-1")]
    [InlineData("-7")]
    [InlineData("2147483647")]
    [InlineData(null)]
    public Task Choice_WithAStrangeNumber_IsJudged(string? index) => HoldsAsync(Choice(index, "It is kestrel"), Choice(index, "bane"));

    [Fact]
    public async Task Choices_WithoutNumbers_PassAsTheyAre()
    {
        var bytes = Encoding.UTF8.GetBytes(Choice(null, "It is kestrel") + Choice(null, " all the same").Replace("null", "\"stop\"", StringComparison.Ordinal) + "data: [DONE]\n\n");
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([bytes]));
        Assert.Equal(Encoding.UTF8.GetString(bytes), exchange.Text);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Theory]
    [InlineData("0", null)]
    [InlineData("0", "1e99")]
    [InlineData("0", "\"0\"")]
    public Task ToolCall_WithItsNumberSpelledOtherwise_HidesNothing(string one, string? other) => HoldsAsync(
        Call(one, "{\\\"q\\\":\\\"kestrel"), Call(other, "x"), Call(one, "bane\\\"}"));

    [Theory]
    [InlineData("response.output_text.d\\u0065lta")]
    [InlineData("response\\u002eoutput_text.delta")]
    public Task Event_WithItsKindInEscapes_HidesNothing(string kind) => HoldsAtAsync("/v1/responses",
        Delta("response.output_text.delta", "It is kestrel"), Delta(kind, "bane"));

    [Fact]
    public Task Event_WithTwoNumbersForOnePart_HidesNothing() => HoldsAtAsync("/v1/responses",
        Delta("response.output_text.delta", "It is kestrel"), Delta("response.output_text.delta", "bane", ",\"summary_index\":7"));

    [Theory]
    [InlineData("\"top_logprobs\":[{\"token\":\"kestrelbane\",\"logprob\":-1}]")]
    [InlineData("\"top_logprobs\":[{\"token\":\"赤霞禁语\",\"logprob\":-1}]")]
    [InlineData("\"top_logprobs\":[{\"token\":\"x\",\"bytes\":[107,101,115,116,114,101,108,98,97,110,101]}]")]
    public async Task Alternatives_ThatSpellATerm_GoAndTheTextStays(string members)
    {
        var logprobs = $$$"""{"content":[{"token":"Fine",{{{members}}},"logprob":-0.1}],"refusal":null}""";
        var answer = $$"""{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Fine"},"logprobs":{{logprobs}},"finish_reason":"stop"}]}""";
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));
        AssertGone(whole);
        Assert.Equal(answer.Replace(logprobs, "null", StringComparison.Ordinal), whole.Text);

        var stream = $$"""data: {"id":"c","choices":[{"index":0,"delta":{"content":"Fine"},"logprobs":{{logprobs}},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n";
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([Encoding.UTF8.GetBytes(stream)]));
        AssertGone(streamed);
        Assert.Equal(stream.Replace(logprobs, "null", StringComparison.Ordinal), streamed.Text);
        foreach (var exchange in new[] { whole, streamed })
        {
            var record = await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Mask);
            Assert.NotEmpty(record.ResponseDetections);
        }
    }

    [Theory]
    [InlineData("[107,101,115,116,114,101,108,98,97,110,101]", "[107,101,115,116,114,101,108]")]
    [InlineData("[107,101,115,116,114,101,108]", "[98,97,110,101]")]
    [InlineData("[232,181]", "[164,233,156,158,231,166,129,232,175,173]")]
    public async Task Bytes_ThatSpellATermTogether_Go(string one, string other)
    {
        static string Token(string bytes) => $$"""{"token":"Fine","bytes":{{bytes}},"logprob":-0.1}""";
        var answer = $$"""{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"FineFine"},"logprobs":{"content":[{{Token(one)}},{{Token(other)}}]},"finish_reason":"stop"}]}""";
        var whole = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));
        AssertGone(whole);

        string Step(string bytes, string reason) => $$"""data: {"id":"c","choices":[{"index":0,"delta":{"content":"Fine"},"logprobs":{"content":[{{Token(bytes)}}]},"finish_reason":{{reason}}}]}""" + "\n\n";
        var streamed = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream([Encoding.UTF8.GetBytes(Step(one, "null") + Step(other, "\"stop\"") + "data: [DONE]\n\n")]));
        Assert.DoesNotContain(other, streamed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[70,105,110,101]")]
    [InlineData("[240,159]")]
    [InlineData("null")]
    public async Task Bytes_OfHarmlessTokens_PassAsTheyAre(string bytes)
    {
        var answer = Encoding.UTF8.GetBytes($$"""{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Fine"},"logprobs":{"content":[{"token":"Fine","bytes":{{bytes}},"logprob":-0.1,"top_logprobs":[{"token":"Well","bytes":{{bytes}},"logprob":-1}]}]},"finish_reason":"stop"}]}""");
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(answer));
        Assert.Equal(Encoding.UTF8.GetString(answer), exchange.Text);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    private static void AssertGone(Exchange exchange)
    {
        Recorded.AssertHolds(exchange.Text, "the answer");
        Assert.DoesNotContain("107,101,115", exchange.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("233,156,158", exchange.Text, StringComparison.Ordinal);
    }

    private static string Choice(string? index, string text) => $$"""data: {"id":"c","choices":[{{{(index is null ? "" : $"\"index\":{index},")}}"delta":{"content":"{{text}}"},"finish_reason":null}]}""" + "\n\n";

    private static string Call(string? index, string arguments) =>
        $$$$"""data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{{{{{(index is null ? "" : $"\"index\":{index},")}}}}"id":"t","function":{"name":"f","arguments":"{{{{arguments}}}}"}}]},"finish_reason":null}]}""" + "\n\n";

    private static string Delta(string kind, string text, string more = "") =>
        $$"""data: {"type":"{{kind}}","output_index":0,"content_index":0,"item_id":"m","delta":"{{text}}"{{more}}}""" + "\n\n";

    private Task HoldsAsync(params string[] events) => HoldsAtAsync(GuardedGateway.ChatPath, events);

    /// <summary>The last piece never reaches the client.</summary>
    private async Task HoldsAtAsync(string path, params string[] events)
    {
        var script = gateway.Stub.Stream([.. events.Select(Encoding.UTF8.GetBytes)]);
        var request = path == "/v1/responses" ? """{"model":"m","stream":true,"input":"Hello"}"""u8.ToArray() : ChatTranscripts.Request("Hello", stream: true);
        var exchange = await gateway.SendAsync(HttpMethod.Post, path, request, script.Id);
        Assert.True(exchange.IsComplete, "The connection broke.");
        Assert.DoesNotContain("bane", exchange.Text, StringComparison.Ordinal);
        Assert.Single(gateway.Host.Audit.Find(exchange.Id!));
    }
}
