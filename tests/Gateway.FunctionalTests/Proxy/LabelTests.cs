using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.FunctionalTests.Support;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Proxy;

/// <summary>The risk label and the AI-content label: where they stand, and that nothing else changes.</summary>
public sealed partial class LabelTests(LabelledGateway gateway) : IClassFixture<LabelledGateway>
{
    private static readonly string[] SevenFields =
        ["ContentProducer", "ContentPropagator", "Label", "ProduceID", "PropagateID", "ReservedCode1", "ReservedCode2"];

    public static TheoryData<string> Answers => new(
        """{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"Good morning"},"finish_reason":"stop"}]}""",
        "{ \"choices\" : [ {\"finish_reason\":\"stop\",\"message\":{\"content\":\"\\u4f60 }{ \\\"AIGC\\\" \",\"role\":\"assistant\"},\"index\":0 } ] , \"usage\":{\"total_tokens\":1.0} }\r\n");

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_WithLabels_IsIdenticalOnceTheMembersAreRemoved(string answer)
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(Encoding.UTF8.GetBytes(answer)));

        Assert.Equal(answer, WithoutLabels(exchange.Text));
        AssertSevenFields(exchange.Json["AIGC"]!.AsObject());
        Assert.Equal(1, LabelCount(exchange.Text));
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Fact]
    public async Task Stream_WithLabels_IsIdenticalOnceTheMembersAreRemoved()
    {
        var events = new ChatEvents().Role().Texts(["Good ", "morning", ". "]).Role(1).Text("早", 1).Finish(choice: 1).Text("Bye").Finish().Usage().Done();

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream: true), gateway.Stub.Stream(events));

        Assert.Equal(Encoding.UTF8.GetString(events.Bytes), WithoutLabels(exchange.Text));
        Assert.Equal(1, LabelCount(exchange.Text));
        var labelled = Assert.Single(exchange.Events.Chunks, chunk => chunk.ContainsKey("AIGC"));
        AssertSevenFields(labelled["AIGC"]!.AsObject());
        var first = exchange.Events.Chunks.First(chunk => chunk["choices"]!.AsArray().Any(choice => choice!["finish_reason"] is not null));
        Assert.Equal(first.ToJsonString(), labelled.ToJsonString());
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_WithAReviewTerm_IsLabelledWithItsRisk(bool stream)
    {
        var script = stream
            ? gateway.Stub.Stream(ChatEvents.OfRunes($"A {TestLexicon.Review} indeed."))
            : gateway.Stub.Json(ChatTranscripts.Answer($"A {TestLexicon.Review} indeed."));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello", stream), script);

        Assert.Equal(200, exchange.Status);
        if (!stream) Assert.Equal(Actions.Label, exchange.Action);
        var label = stream
            ? Assert.Single(exchange.Events.Chunks, chunk => chunk.ContainsKey("gateway"))["gateway"]!.AsObject()
            : exchange.Json["gateway"]!.AsObject();
        AssertRiskLabel(label, exchange);
        Assert.Equal(1, LabelCount(exchange.Text));
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Label);
    }

    [Fact]
    public async Task Prompt_WithAReviewTerm_IsForwardedAndLabelled()
    {
        var script = gateway.Stub.Json(ChatTranscripts.Answer("Fine."));

        var exchange = await gateway.ChatAsync(ChatTranscripts.Request($"A {TestLexicon.Review}?"), script);

        Assert.Single(script.Requests);
        Assert.Equal(Actions.Label, exchange.Action);
        AssertRiskLabel(exchange.Json["gateway"]!.AsObject(), exchange);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Label);
    }

    [Fact]
    public async Task Answer_Clean_NamesNoRisks()
    {
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"), gateway.Stub.Json(ChatTranscripts.Answer("Fine.")));

        Assert.False(exchange.Json["gateway"]?.AsObject().ContainsKey("risks") ?? false, exchange.Text);
        await gateway.RecordAsync(exchange, Outcomes.Completed, Actions.Allow, Actions.Allow);
    }

    private static void AssertRiskLabel(JsonObject label, Exchange exchange)
    {
        Assert.Equal(["action", "request_id", "risks"], label.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal(exchange.Id, (string?)label["request_id"]);
        Assert.Equal(Actions.Label, (string?)label["action"]);
        Assert.Equal([TestLexicon.ReviewRisk], label["risks"]!.AsArray().Select(risk => (string)risk!));
    }

    private static void AssertSevenFields(JsonObject label)
    {
        Assert.Equal(SevenFields, label.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.All(label, member => Assert.All((string)member.Value!, letter => Assert.InRange(letter, '\x21', '\x7E')));
        Assert.Equal("1", (string?)label["Label"]);
        Assert.Equal(LabelledGateway.Producer, (string?)label["ContentProducer"]);
        Assert.NotEqual("", (string?)label["ProduceID"]);
    }

    private static int LabelCount(string text) => LabelStart().Count(text);

    private static string WithoutLabels(string text) => Label().Replace(text, "");

    [GeneratedRegex("""(?<=[^\\])"AIGC":\{""")]
    private static partial Regex LabelStart();

    [GeneratedRegex(""",?"(?:AIGC|gateway)":\{[^{}]*\}""")]
    private static partial Regex Label();
}
