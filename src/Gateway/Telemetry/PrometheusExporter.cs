using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Gateway.Telemetry;

/// <summary>
/// Writes the metrics of an OpenTelemetry meter provider in the Prometheus text exposition format 0.0.4, on demand.
/// A small exporter of our own on the SDK's pull reader: the official package <c>OpenTelemetry.Exporter.Prometheus.AspNetCore</c>
/// is not available where this project is built. It keeps that package's naming rules, so that the package can replace it
/// without renaming a metric.
/// </summary>
/// <remarks>
/// Register with <c>builder.AddReader(exporter.CreateReader())</c>. An instrument appears once it has a measurement: counters
/// that alerts watch should be touched with <c>Add(0)</c> at start.
/// </remarks>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    /// <summary>The media type of what <see cref="WriteAsync"/> writes.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>How many scrapes may run or wait at once, 8; one more is refused, so that slow readers cannot pile up answers in memory.</summary>
    public const int MaxScrapes = 8;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly SemaphoreSlim _collecting = new(1, 1);
    private readonly StringBuilder _text = new();
    private int _scrapes;
    private bool _exported;

    /// <summary>Set by the reader: starts one collection, given its time-out in milliseconds (-1: none); false when it failed.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>The pull reader to give to the meter provider; one exporter serves one reader.</summary>
    public MetricReader CreateReader() => new BaseExportingMetricReader(this);

    /// <summary>
    /// Collects all instruments once and writes them, sorted by name and labels, to <paramref name="output"/>. Collections run one
    /// after another; a slow reader of one scrape does not delay the next.
    /// </summary>
    /// <param name="output">Where the text goes; left open.</param>
    /// <param name="cancellation">Ends waiting and writing.</param>
    /// <returns>False, with nothing written, when <see cref="MaxScrapes"/> scrapes are under way or the provider could not collect.</returns>
    /// <exception cref="InvalidOperationException">The exporter has no reader: <see cref="CreateReader"/> was not registered.</exception>
    public async Task<bool> WriteAsync(Stream output, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(output);
        try
        {
            if (Interlocked.Increment(ref _scrapes) > MaxScrapes) return false;
            byte[]? page = await RenderAsync(cancellation);
            if (page is null) return false;
            await output.WriteAsync(page, cancellation);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _scrapes);
        }
    }

    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Metric> batch)
    {
        // Runs inside Collect, on the scraping thread, while RenderAsync holds the gate.
        var families = new SortedDictionary<string, PrometheusFamily>(StringComparer.Ordinal);
        foreach (Metric metric in batch)
        {
            string name = PrometheusFamily.NameOf(metric);
            if (!families.TryGetValue(name, out PrometheusFamily? family))
                families.Add(name, family = new PrometheusFamily(name, metric));
            family.Add(metric);
        }

        foreach (PrometheusFamily family in families.Values) family.WriteTo(_text);
        _exported = true;
        return ExportResult.Success;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _collecting.Dispose();
        base.Dispose(disposing);
    }

    private async Task<byte[]?> RenderAsync(CancellationToken cancellation)
    {
        Func<int, bool> collect = Collect
            ?? throw new InvalidOperationException("The Prometheus exporter has no reader. Register it with AddReader(exporter.CreateReader()).");
        await _collecting.WaitAsync(cancellation);
        try
        {
            _text.Clear();
            _exported = false;
            bool collected = collect(Timeout.Infinite);
            return collected && _exported ? Utf8.GetBytes(_text.ToString()) : null;
        }
        finally
        {
            _collecting.Release();
        }
    }
}
