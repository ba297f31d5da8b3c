using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Support;

/// <summary>What every exchange must leave behind, and what none may.</summary>
internal static class Recorded
{
    public static async Task<AuditView> CheckAsync(GatewayTestHost host, Exchange exchange, string outcome, string? request = null, string? response = null)
    {
        Assert.False(string.IsNullOrEmpty(exchange.Id), $"Every answer names its exchange. Headers: {string.Join(", ", exchange.Headers.Keys)}");
        var record = Assert.Single(host.Audit.Find(exchange.Id!));
        Assert.True(record.Outcome == outcome, $"Outcome is {record.Outcome}, expected {outcome}:\n{record}");
        Assert.Equal(exchange.Status, record.Status);
        if (request is not null) Assert.True(request == record.RequestAction, $"Request action is {record.RequestAction}, expected {request}:\n{record}");
        if (response is not null) Assert.True(response == record.ResponseAction, $"Response action is {record.ResponseAction}, expected {response}:\n{record}");
        await NoLeakAsync(host, exchange);
        AssertHolds(record.ToString(), "the record");
        return record;
    }

    /// <summary>No block term outside the texts themselves.</summary>
    public static async Task NoLeakAsync(GatewayTestHost host, Exchange exchange)
    {
        AssertHolds(string.Join('\n', exchange.Headers.Select(header => $"{header.Key}: {header.Value}")), "a header");
        if (exchange.Status >= 400) AssertHolds(exchange.Text, "an error body");
        AssertHolds(host.Logs, "a log line");
        AssertHolds((await host.MetricsAsync()).Text, "a metric");
    }

    /// <summary>No block term in a text.</summary>
    public static void AssertHolds(string text, string where)
    {
        foreach (var term in TestLexicon.BlockTerms)
        {
            var at = text.IndexOf(term, StringComparison.OrdinalIgnoreCase);
            Assert.True(at < 0, $"A block term is in {where}: …{text[Math.Max(0, at - 80)..Math.Min(text.Length, Math.Max(0, at) + 80)]}…");
        }
    }
}
