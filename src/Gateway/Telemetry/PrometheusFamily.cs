using System.Text;
using OpenTelemetry.Metrics;

namespace Gateway.Telemetry;

/// <summary>All series of one Prometheus name in one scrape, written together below one HELP and one TYPE line as the format demands.</summary>
internal sealed class PrometheusFamily
{
    private readonly string _name;
    private readonly string _help;
    private readonly string _type;
    // Keyed by the label text: the format forbids a series to appear twice, which two meters with one instrument name could cause.
    private readonly SortedDictionary<string, string> _series = new(StringComparer.Ordinal);

    /// <summary>An empty family that takes help and type from its first metric.</summary>
    /// <param name="name">The full Prometheus name as <see cref="NameOf"/> gives it.</param>
    /// <param name="metric">The first metric of that name.</param>
    public PrometheusFamily(string name, Metric metric)
    {
        _name = name;
        _help = metric.Description;
        _type = TypeOf(metric.MetricType);
    }

    /// <summary>The Prometheus name of a metric: sanitised, with its unit, and with <c>_total</c> when it is a counter.</summary>
    /// <param name="metric">Any metric of the SDK.</param>
    public static string NameOf(Metric metric) =>
        PrometheusNames.Metric(metric.Name, metric.Unit, TypeOf(metric.MetricType));

    /// <summary>Adds the series of a metric. A metric of another type under the same name is left out, and so is a series that is there already.</summary>
    /// <param name="metric">A metric whose <see cref="NameOf"/> is this family's name.</param>
    public void Add(Metric metric)
    {
        if (TypeOf(metric.MetricType) != _type) return;
        foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
        {
            string labels = LabelsOf(in point);
            if (!_series.ContainsKey(labels)) _series.Add(labels, LinesOf(metric.MetricType, in point, labels));
        }
    }

    /// <summary>Writes HELP, TYPE and the series in the order of their labels; nothing when there are none.</summary>
    /// <param name="text">Receives the lines.</param>
    public void WriteTo(StringBuilder text)
    {
        if (_series.Count == 0) return;
        if (_help.Length > 0)
            text.Append("# HELP ").Append(_name).Append(' ').Append(PrometheusNames.EscapeHelp(_help)).Append('\n');
        text.Append("# TYPE ").Append(_name).Append(' ').Append(_type).Append('\n');
        foreach (string lines in _series.Values) text.Append(lines);
    }

    private static string TypeOf(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => PrometheusNames.Counter,
        MetricType.Histogram or MetricType.ExponentialHistogram => PrometheusNames.Histogram,
        _ => PrometheusNames.Gauge,
    };

    private string LinesOf(MetricType type, in MetricPoint point, string labels)
    {
        var lines = new StringBuilder();
        switch (type)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                Append(lines, "", labels, PrometheusNames.Number(point.GetSumLong()));
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                Append(lines, "", labels, PrometheusNames.Number(point.GetSumDouble()));
                break;
            case MetricType.LongGauge:
                Append(lines, "", labels, PrometheusNames.Number(point.GetGaugeLastValueLong()));
                break;
            case MetricType.DoubleGauge:
                Append(lines, "", labels, PrometheusNames.Number(point.GetGaugeLastValueDouble()));
                break;
            default:
                AppendHistogram(lines, type, in point, labels);
                break;
        }

        return lines.ToString();
    }

    private void AppendHistogram(StringBuilder lines, MetricType type, in MetricPoint point, string labels)
    {
        string before = labels.Length == 0 ? "" : labels + ",";
        long cumulative = 0;
        bool closed = false;
        // The text format has no native histograms: an exponential one is reduced to its count and sum.
        if (type == MetricType.Histogram)
        {
            foreach (HistogramBucket bucket in point.GetHistogramBuckets())
            {
                cumulative += bucket.BucketCount;
                closed = double.IsPositiveInfinity(bucket.ExplicitBound);
                Append(lines, "_bucket", $"{before}le=\"{PrometheusNames.Number(bucket.ExplicitBound)}\"", PrometheusNames.Number(cumulative));
            }
        }

        // One snapshot must agree with itself: where there are buckets, _count is what they add up to.
        long count = closed ? cumulative : point.GetHistogramCount();
        if (!closed) Append(lines, "_bucket", before + "le=\"+Inf\"", PrometheusNames.Number(count));
        Append(lines, "_sum", labels, PrometheusNames.Number(point.GetHistogramSum()));
        Append(lines, "_count", labels, PrometheusNames.Number(count));
    }

    private void Append(StringBuilder lines, string suffix, string labels, string value)
    {
        lines.Append(_name).Append(suffix);
        if (labels.Length > 0) lines.Append('{').Append(labels).Append('}');
        lines.Append(' ').Append(value).Append('\n');
    }

    // `a="1",b="2"`, sorted by key. Keys that become equal once sanitised share one label with their values joined by `;`.
    private string LabelsOf(in MetricPoint point)
    {
        if (point.Tags.Count == 0) return "";
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, object?> tag in point.Tags)
        {
            string key = PrometheusNames.Label(tag.Key);
            if (key == "le" && _type == PrometheusNames.Histogram) key = "exported_le";
            string value = PrometheusNames.LabelValue(tag.Value);
            labels[key] = labels.TryGetValue(key, out string? other) ? $"{other};{value}" : value;
        }

        return string.Join(',', labels.Select(static label => $"{label.Key}=\"{PrometheusNames.EscapeLabel(label.Value)}\""));
    }
}
