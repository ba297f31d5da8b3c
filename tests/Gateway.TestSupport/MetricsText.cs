using System.Globalization;

namespace Gateway.TestSupport;

/// <summary>A page of Prometheus text.</summary>
public sealed class MetricsText
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);

    private MetricsText(string text) => Text = text;

    public string Text { get; }

    /// <summary>Every sample, by name with its labels as written.</summary>
    public IReadOnlyDictionary<string, double> Samples => _samples;

    public static MetricsText Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var metrics = new MetricsText(text);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith('#')) continue;
            var afterLabels = line.LastIndexOf('}') + 1;
            var nameEnd = line.IndexOf(' ', afterLabels);
            var value = line[(nameEnd + 1)..].Split(' ')[0];
            metrics._samples[line[..nameEnd]] = value switch
            {
                "+Inf" => double.PositiveInfinity,
                "-Inf" => double.NegativeInfinity,
                _ => double.Parse(value, CultureInfo.InvariantCulture),
            };
        }

        return metrics;
    }

    /// <summary>The sum of a metric's samples whose labels contain all of the given <c>name="value"</c> pairs; 0 where there is none.</summary>
    public double Sum(string name, params string[] labels) => _samples
        .Where(sample => sample.Key == name || sample.Key.StartsWith(name + "{", StringComparison.Ordinal))
        .Where(sample => labels.All(label => sample.Key.Contains(label, StringComparison.Ordinal)))
        .Sum(sample => sample.Value);

    public bool Has(string name) => _samples.Keys.Any(key => key == name || key.StartsWith(name + "{", StringComparison.Ordinal));
}
