using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

/// <summary>What dashboard and alert rules ask for: their PromQL expressions, and the gateway's samples named in them.</summary>
internal static partial class MetricNames
{
    /// <summary>All samples (`…_bucket`, `…_count` included) that dashboard or rules name, sorted.</summary>
    public static IReadOnlyList<string> All() => [.. DashboardExpressions().Concat(RuleExpressions()).SelectMany(In).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The gateway's samples in one expression; recording rules (`gateway:…`) are not among them.</summary>
    public static IEnumerable<string> In(string expression) => SamplePattern().Matches(expression).Select(match => match.Value);

    public static IReadOnlyList<string> DashboardExpressions()
    {
        using JsonDocument dashboard = JsonDocument.Parse(DeployFolder.Read("grafana/dashboards/gateway.json"));
        var found = new List<string>();
        Walk(dashboard.RootElement, found);
        return found;
    }

    public static IReadOnlyList<string> RuleExpressions() => [.. Rules().Select(rule => Scalar(rule, "expr")!)];

    public static IReadOnlyList<YamlMappingNode> Rules()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(DeployFolder.Read("prometheus/alerts.yml")));
        var groups = (YamlSequenceNode)stream.Documents[0].RootNode["groups"];
        return [.. groups.SelectMany(group => (YamlSequenceNode)group["rules"]).Cast<YamlMappingNode>()];
    }

    public static string? Scalar(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? ((YamlScalarNode)value).Value : null;

    private static void Walk(JsonElement element, List<string> found)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray()) Walk(item, found);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (property.Name is "expr" or "definition" && property.Value.ValueKind == JsonValueKind.String) found.Add(property.Value.GetString()!);
                else Walk(property.Value, found);
            }
        }
    }

    [GeneratedRegex(@"(?<![A-Za-z0-9_:])gateway_[A-Za-z0-9_]+(?![A-Za-z0-9_:])")]
    private static partial Regex SamplePattern();
}
