using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

public sealed class AlertRuleTests
{
    public static TheoryData<string> Alerts() => [.. MetricNames.Rules().Select(rule => MetricNames.Scalar(rule, "alert")).OfType<string>()];

    [Theory]
    [InlineData("check", "config", "prometheus/prometheus.yml")]
    [InlineData("check", "rules", "prometheus/alerts.yml")]
    [InlineData("test", "rules", "prometheus/alerts.test.yml")]
    public async Task Rules_RunThroughPromtool_AreSound(string verb, string what, string file)
    {
        (int exitCode, string output) = await Promtool.RunAsync(null, verb, what, DeployFolder.PathOf(file));
        Assert.True(exitCode == 0, $"promtool {verb} {what} {file}: exit code {exitCode}\n{output}");
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void Alert_Any_HasSeveritySummaryActionAndATest(string alert)
    {
        YamlMappingNode rule = MetricNames.Rules().Single(candidate => MetricNames.Scalar(candidate, "alert") == alert);
        string severity = MetricNames.Scalar((YamlMappingNode)rule["labels"], "severity")!;
        Assert.Contains(severity, (string[])["critical", "warning", "info"]);
        foreach (string annotation in (string[])["summary", "action"])
            Assert.False(string.IsNullOrWhiteSpace(MetricNames.Scalar((YamlMappingNode)rule["annotations"], annotation)), $"{alert} has no {annotation}.");
        Assert.Contains($"alertname=\"{alert}\"", DeployFolder.Read("prometheus/alerts.test.yml"), StringComparison.Ordinal);
    }

    [Fact]
    public void In_RecordingRulesAndLabels_AreNotTakenForMetrics()
    {
        Assert.Equal(
            ["gateway_a_total", "gateway_b_seconds_bucket"],
            MetricNames.In("sum(gateway:a:added10m) + gateway_a_total{job=\"gateway\"} / x_gateway_c + rate(gateway_b_seconds_bucket[5m])"));
    }
}
