using System.Text;
using System.Text.Json;

namespace Gateway.Tests.Deploy;

public sealed class DashboardTests
{
    [Fact]
    public async Task Dashboard_EveryExpression_IsReadByPromtool()
    {
        // promtool reads no dashboards: each expression becomes the rule of a file of its own making.
        var rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
        int number = 0;
        foreach (string expression in MetricNames.DashboardExpressions().Where(expression => !expression.StartsWith("label_values", StringComparison.Ordinal)))
        {
            string plain = expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal);
            rules.Append("      - { record: \"panel:").Append(number++).Append("\", expr: ").Append(JsonSerializer.Serialize(plain)).Append(" }\n");
        }

        Assert.True(number > 30, $"Only {number} expressions were found.");
        string file = Path.Combine(Path.GetTempPath(), $"dashboard-{Guid.NewGuid():N}.yml");
        try
        {
            await File.WriteAllTextAsync(file, rules.ToString());
            (int exitCode, string output) = await Promtool.RunAsync(null, "check", "rules", file);
            Assert.True(exitCode == 0, $"promtool check rules: exit code {exitCode}\n{output}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Dashboard_EveryPanel_HasItsOwnIdAndPlaceAndTheProvisionedSource()
    {
        using JsonDocument dashboard = JsonDocument.Parse(DeployFolder.Read("grafana/dashboards/gateway.json"));
        JsonElement[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var taken = new HashSet<(int, int)>();
        foreach (JsonElement panel in panels)
        {
            JsonElement at = panel.GetProperty("gridPos");
            (int x, int y, int w, int h) = (at.GetProperty("x").GetInt32(), at.GetProperty("y").GetInt32(), at.GetProperty("w").GetInt32(), at.GetProperty("h").GetInt32());
            Assert.True(x + w <= 24, $"A panel reaches beyond column 24: {at}");
            for (int column = x; column < x + w; column++)
            {
                for (int line = y; line < y + h; line++) Assert.True(taken.Add((column, line)), $"Two panels overlap at {at}.");
            }
        }

        Assert.Contains("uid: prometheus", DeployFolder.Read("grafana/provisioning/datasources/prometheus.yaml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway_exchanges_total")]
    [InlineData("gateway_detections_total")]
    [InlineData("gateway_added_latency_seconds_bucket")]
    [InlineData("gateway_held_characters_bucket")]
    [InlineData("gateway_audit_queue_length")]
    [InlineData("gateway_audit_lag_entries")]
    [InlineData("gateway_classifier_batch_size_bucket")]
    public void Dashboard_WhatAnOperatorAsksFirst_IsShown(string sample) =>
        Assert.Contains(sample, MetricNames.DashboardExpressions().SelectMany(MetricNames.In));
}
