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
    public async Task Row34_WhatIsMissing_IsSaidAtTheStartAndInAMetric()
    {
        await using var gateway = await CaseGateway.StartAsync("--Gateway:About:Audience=adults");

        Assert.Contains("\"Missing\":\"Uses, Limitations, Model, FilingNumber, DataCollected, ComplaintChannel\"", gateway.Host.Logs, StringComparison.Ordinal);
        Assert.Contains("gateway_about_missing{route=\"all\"} 6", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));
        Assert.DoesNotContain("gateway-filing", exchange.Headers.Keys);
    }

    [Theory]
    [InlineData(new[] { "Model", "FilingNumber" }, true, 0)]
    [InlineData(new[] { "Model" }, true, 1)]
    [InlineData(new string[0], true, 2)]
    [InlineData(new string[0], false, 0)]
    public async Task Row35_ModelAndFilingNumber_AreShownByRoute_AndMissedOnPublicOnes(string[] told, bool isPublic, int missing)
    {
        string[] others = ["Audience", "Uses", "Limitations", "DataCollected", "ComplaintChannel"];
        await using var gateway = await CaseGateway.StartAsync(
        [
            .. others.Select(name => $"--Gateway:About:{name}=told"), .. told.Select(name => $"--Gateway:About:Routes:all:{name}={name}-of-the-route"), $"--Gateway:About:Public={isPublic}", "--Gateway:About:Header=true",
        ]);

        var (_, about) = await gateway.LookAsync("/about/all");
        var exchange = await gateway.ChatAsync(ChatTranscripts.Request("Hello"));

        Assert.Equal(told.Contains("Model") ? "Model-of-the-route" : null, (string?)about["model"]);
        Assert.Equal(told.Contains("FilingNumber") ? "FilingNumber-of-the-route" : null, (string?)about["filing_number"]);
        Assert.Equal((string?)about["filing_number"], exchange.Headers.GetValueOrDefault("gateway-filing"));
        Assert.Contains($"gateway_about_missing{{route=\"all\"}} {missing}\n", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(isPublic && !told.Contains("FilingNumber"), gateway.Host.Logs.Contains("FilingNumber", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Row34_ARouteThatIsNotPublic_OwesNothing()
    {
        await using var gateway = await CaseGateway.StartAsync("--Gateway:About:Public=false");

        Assert.Contains("gateway_about_missing{route=\"all\"} 0", (await gateway.Host.MetricsAsync()).Text, StringComparison.Ordinal);
    }
}
