using Gateway.FunctionalTests.Processes;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Cases;

/// <summary>Rows 34 and 35: what the service says of itself.</summary>
// Gauges of all gateways of a process are on the page of each: nothing may run beside these.
[Collection(OneAtATime.Name)]
public sealed class AboutTests
{
    private static readonly string[] Facts = ["audience", "uses", "limitations", "model", "filing_number", "data_collected", "complaint_channel"];

    [Fact]
    public async Task Row34_About_HoldsEveryFactOfARoute()
    {
        string[] settings = ["Audience", "Uses", "Limitations", "Model", "FilingNumber", "DataCollected", "ComplaintChannel"];
        await using var gateway = await CaseGateway.StartAsync([.. settings.Select(name => $"--Gateway:About:{name}=value of {name}"), "--Gateway:About:Routes:all:Model=a model of its own", "--Gateway:About:Header=true"]);

        var (status, all) = await gateway.LookAsync("/about");
        var (_, one) = await gateway.LookAsync("/about/all");

        Assert.Equal(200, status);
        var route = Assert.Single(all["routes"]!.AsArray())!;
        Assert.Equal("all", (string?)route["route"]);
        Assert.All(Facts, fact => Assert.False(string.IsNullOrEmpty((string?)one[fact]), fact));
        Assert.Equal(("a model of its own", "value of Uses"), ((string?)one["model"], (string?)one["uses"]));
        Assert.Equal(404, (await gateway.LookAsync("/about/nobody")).Status);
        Assert.Contains("gateway_about_missing{route=\"all\"} 0", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        Assert.Equal("value%20of%20FilingNumber", exchange.Headers["gateway-filing"]);
    }

    [Fact]
    public async Task Row34And35_WhatIsMissing_IsSaidAtTheStartAndInAMetric()
    {
        await using var gateway = await CaseGateway.StartAsync("--Gateway:About:Audience=adults");

        Assert.Contains("\"Missing\":\"Uses, Limitations, Model, FilingNumber, DataCollected, ComplaintChannel\"", gateway.Host.Logs, StringComparison.Ordinal);
        Assert.Contains("gateway_about_missing{route=\"all\"} 6", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        Assert.DoesNotContain("gateway-filing", exchange.Headers.Keys);
    }

    [Fact]
    public async Task Row34_ARouteThatIsNotPublic_OwesNothing()
    {
        await using var gateway = await CaseGateway.StartAsync("--Gateway:About:Public=false");

        Assert.Contains("gateway_about_missing{route=\"all\"} 0", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
    }
}
