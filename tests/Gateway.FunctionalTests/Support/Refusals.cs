using System.Text.Json.Nodes;

namespace Gateway.FunctionalTests.Support;

/// <summary>The shapes in which the gateway says no.</summary>
internal static class Refusals
{
    /// <summary>400 with the four members that OpenAI clients read, and nothing else.</summary>
    public static void AssertBlockedPrompt(Exchange exchange)
    {
        Assert.Equal(400, exchange.Status);
        AssertError(exchange, "invalid_request_error", "content_filter");
        Assert.Equal(Actions.Block, exchange.Action);
    }

    /// <summary>A JSON error in the protocol's shape.</summary>
    public static JsonObject AssertError(Exchange exchange, string? type = null, string? code = null)
    {
        Assert.StartsWith("application/json", exchange.ContentType, StringComparison.Ordinal);
        var member = Assert.Single(exchange.Json);
        Assert.Equal("error", member.Key);
        var error = member.Value!.AsObject();
        Assert.Equal(["code", "message", "param", "type"], error.Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.False(string.IsNullOrWhiteSpace((string?)error["message"]));
        if (type is not null) Assert.Equal(type, (string?)error["type"]);
        if (code is not null) Assert.Equal(code, (string?)error["code"]);
        if (code == "content_filter") Assert.Null(error["param"]);
        return error;
    }

    /// <summary>
    /// A stream that was cut: each open choice ends with the reason, then the end of the stream, and what was
    /// released is a beginning of the text before the block term.
    /// </summary>
    public static void AssertCut(Exchange exchange, string textBefore, int choice = 0, string channel = "content", params int[] otherChoices)
    {
        Assert.Equal(200, exchange.Status);
        Assert.True(exchange.IsComplete, "The connection broke.");
        var events = exchange.Events;
        Recorded.AssertHolds(exchange.Text, "the stream's bytes");
        foreach (var (name, text) in events.Texts) Recorded.AssertHolds(text, $"channel {name}");
        Assert.StartsWith(events.Text(choice, channel), textBefore, StringComparison.Ordinal);
        foreach (var open in otherChoices.Append(choice))
        {
            Assert.True(events.FinishReasons.TryGetValue(open, out var reason), $"Choice {open} did not end:\n{exchange.Text}");
            Assert.Equal("content_filter", reason);
        }

        Assert.Null(events.ErrorCode);
        Assert.True(events.IsDone, $"No [DONE] at the end:\n{exchange.Text}");
    }
}
