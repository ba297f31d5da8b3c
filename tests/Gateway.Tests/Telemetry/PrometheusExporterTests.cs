using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Gateway.Telemetry;
using Gateway.Tests.Deploy;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Gateway.Tests.Telemetry;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly Meter _meter = new("exporter-tests-" + Guid.NewGuid());
    private readonly PrometheusExporter _exporter = new();
    private readonly MeterProvider _provider;

    public PrometheusExporterTests()
    {
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter(_meter.Name)
            .AddView("bounded", new ExplicitBucketHistogramConfiguration { Boundaries = [0.005, 0.1, 1] })
            .AddView("exponential", new Base2ExponentialBucketHistogramConfiguration())
            .AddReader(_exporter.CreateReader())
            .Build();
    }

    public void Dispose()
    {
        _provider.Dispose();
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Theory]
    [InlineData("gateway_exchanges", null, "gateway_exchanges_total")]
    [InlineData("gateway_exchanges_total", null, "gateway_exchanges_total")]
    [InlineData("gateway.busy", "s", "gateway_busy_seconds_total")]
    [InlineData("busy_seconds_total", "s", "busy_seconds_total")]
    [InlineData("http.received", "By", "http_received_bytes_total")]
    [InlineData("hits", "{hit}", "hits_total")]
    [InlineData("hits", "1", "hits_total")]
    [InlineData("a--b..c", null, "a_b_c_total")]
    [InlineData("moved", "KBy/{file}", "moved_kilobytes_total")]
    public async Task WriteAsync_Counter_HasUnitAndTotalExactlyOnce(string name, string? unit, string expected)
    {
        _meter.CreateCounter<long>(name, unit).Add(3);
        Exposition page = await ScrapeAsync();
        Assert.Equal("counter", page[expected].Type);
        Assert.Equal(3, page.Value(expected));
    }

    [Theory]
    [InlineData("gateway_audit_queue_length", null, "gateway_audit_queue_length")]
    [InlineData("oldest", "s", "oldest_seconds")]
    [InlineData("memory.used", "By", "memory_used_bytes")]
    [InlineData("fill", "1", "fill_ratio")]
    [InlineData("speed", "By/s", "speed_bytes_per_second")]
    [InlineData("held_characters", "characters", "held_characters")]
    [InlineData("seconds", "s", "seconds")]
    public async Task WriteAsync_Gauge_HasUnitAndNoTotal(string name, string? unit, string expected)
    {
        _meter.CreateObservableGauge(name, () => 1.5, unit);
        Exposition page = await ScrapeAsync();
        Assert.Equal("gauge", page[expected].Type);
        Assert.Equal(1.5, page.Value(expected));
    }

    [Fact]
    public async Task WriteAsync_UpDownCounter_IsAGauge()
    {
        UpDownCounter<int> running = _meter.CreateUpDownCounter<int>("running");
        running.Add(5);
        running.Add(-7);
        Exposition page = await ScrapeAsync();
        Assert.Equal("gauge", page["running"].Type);
        Assert.Equal(-2, page.Value("running"));
    }

    [Fact]
    public async Task WriteAsync_Histogram_BucketsAreCumulativeAndEndAtInfinity()
    {
        Histogram<double> latency = _meter.CreateHistogram<double>("bounded", "s", "How long.");
        foreach (double seconds in (double[])[0.001, 0.005, 0.05, 0.5, 7]) latency.Record(seconds, new KeyValuePair<string, object?>("kind", "stream"));
        string text = await TextAsync();
        Assert.Equal("""
            # HELP bounded_seconds How long.
            # TYPE bounded_seconds histogram
            bounded_seconds_bucket{kind="stream",le="0.005"} 2
            bounded_seconds_bucket{kind="stream",le="0.1"} 3
            bounded_seconds_bucket{kind="stream",le="1"} 4
            bounded_seconds_bucket{kind="stream",le="+Inf"} 5
            bounded_seconds_sum{kind="stream"} 7.556
            bounded_seconds_count{kind="stream"} 5

            """, text.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task WriteAsync_ExponentialHistogram_KeepsCountAndSum()
    {
        Histogram<double> sizes = _meter.CreateHistogram<double>("exponential");
        sizes.Record(2);
        sizes.Record(40);
        Exposition page = await ScrapeAsync();
        Assert.Equal(2, page.Value("exponential_bucket", ("le", "+Inf")));
        Assert.Equal(42, page.Value("exponential_sum"));
        Assert.Equal(2, page.Value("exponential_count"));
    }

    [Fact]
    public async Task WriteAsync_HistogramTagNamedLe_DoesNotMeetTheBound()
    {
        _meter.CreateHistogram<double>("bounded").Record(2, new KeyValuePair<string, object?>("le", "x"));
        Exposition page = await ScrapeAsync();
        Assert.Equal(1, page.Value("bounded_bucket", ("exported_le", "x"), ("le", "+Inf")));
    }

    [Fact]
    public async Task WriteAsync_NothingRecorded_WritesAnEmptyPage()
    {
        _meter.CreateCounter<long>("silent");
        Assert.Equal("", await TextAsync());
    }

    [Fact]
    public async Task WriteAsync_AwkwardLabels_AreSanitisedAndEscaped()
    {
        const string Value = "back\\slash \"quoted\"\nnext 中文";
        _meter.CreateCounter<long>("odd", null, "first\nsecond \\ \"third\"").Add(
            1,
            new("http.route", Value),
            new("http_route", "second"),
            new("1st", true),
            new("__reserved", 1.5),
            new("nothing", null));
        Exposition page = await ScrapeAsync();
        Assert.Equal("first\nsecond \\ \"third\"", page["odd_total"].Help);
        Exposition.Sample sample = Assert.Single(page["odd_total"].Samples);
        Assert.Equal(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["_1st"] = "true",
                ["_reserved"] = "1.5",
                ["http_route"] = Value + ";second",
                ["nothing"] = "",
            },
            sample.Labels);
    }

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e300, "1E+300")]
    [InlineData(-5e-324, "-5E-324")]
    public async Task WriteAsync_AnyNumber_IsSpelledInvariantly(double value, string expected)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            // Invariant globalization knows no German; a culture made by hand has the decimal comma all the same.
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NegativeSign = "~", PositiveInfinitySymbol = "oo" };
            CultureInfo.CurrentCulture = comma;
            _meter.CreateObservableGauge("number", () => value);
            Assert.Equal($"# TYPE number gauge\nnumber {expected}\n", await TextAsync());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task WriteAsync_AnyOrderOfRegistration_IsSortedAndStable()
    {
        Counter<long> second = _meter.CreateCounter<long>("b");
        Counter<long> first = _meter.CreateCounter<long>("a");
        foreach (string action in (string[])["label", "allow", "block"])
        {
            second.Add(1, new("protocol", "openai"), new("action", action));
            first.Add(1, new KeyValuePair<string, object?>("action", action));
        }

        string text = await TextAsync();
        Assert.Equal(text, await TextAsync());
        string[] samples = [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')];
        Assert.Equal(
            [
                "a_total{action=\"allow\"} 1", "a_total{action=\"block\"} 1", "a_total{action=\"label\"} 1",
                "b_total{action=\"allow\",protocol=\"openai\"} 1", "b_total{action=\"block\",protocol=\"openai\"} 1",
                "b_total{action=\"label\",protocol=\"openai\"} 1",
            ],
            samples);
    }

    [Fact]
    public async Task WriteAsync_OneNameFromTwoMeters_GivesOneGroupWithoutDoubles()
    {
        using var other = new Meter(_meter.Name, "2");
        _meter.CreateCounter<long>("shared").Add(1, new KeyValuePair<string, object?>("from", "one"));
        other.CreateCounter<long>("shared").Add(1, new KeyValuePair<string, object?>("from", "two"));
        other.CreateCounter<long>("shared").Add(1, new KeyValuePair<string, object?>("from", "one"));
        _meter.CreateCounter<long>("clash").Add(1);
        _meter.CreateObservableGauge("clash_total", () => 5);
        Exposition page = await ScrapeAsync();
        Assert.Equal(2, page["shared_total"].Samples.Count);
        Assert.Single(page["clash_total"].Samples);
    }

    [Fact]
    public async Task WriteAsync_ManyScrapesAtOnce_AreSerialisedAndBounded()
    {
        int collecting = 0, most = 0;
        _meter.CreateObservableGauge("watch", () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref collecting));
            Thread.Yield();
            Interlocked.Decrement(ref collecting);
            return 1;
        });
        // All scrapes are held at their output, so that they are under way at the same time.
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        GatedStream[] outputs = [.. Enumerable.Range(0, PrometheusExporter.MaxScrapes).Select(_ => new GatedStream(release.Task))];
        Task<bool>[] scrapes = [.. outputs.Select(output => Task.Run(() => _exporter.WriteAsync(output, CancellationToken.None)))];
        await Task.WhenAll(outputs.Select(output => output.Reached));

        using var refused = new MemoryStream();
        Assert.False(await _exporter.WriteAsync(refused, CancellationToken.None));
        Assert.Equal(0, refused.Length);

        release.SetResult();
        Assert.All(await Task.WhenAll(scrapes), Assert.True);
        Assert.Equal(1, most);
        Assert.True(await _exporter.WriteAsync(refused, CancellationToken.None));
    }

    [Fact]
    public async Task WriteAsync_ReaderLeaves_FreesItsPlace()
    {
        for (int i = 0; i < PrometheusExporter.MaxScrapes + 1; i++)
        {
            using var output = new GatedStream(Task.FromException(new IOException("gone")));
            await Assert.ThrowsAsync<IOException>(() => WriteSomethingAsync(output));
        }

        Assert.NotEqual("", await TextAsync());

        Task<bool> WriteSomethingAsync(Stream output)
        {
            _meter.CreateCounter<long>("some").Add(1);
            return _exporter.WriteAsync(output, CancellationToken.None);
        }
    }

    [Fact]
    public async Task WriteAsync_NoReader_SaysHowToRegisterOne()
    {
        using var alone = new PrometheusExporter();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => alone.WriteAsync(Stream.Null, CancellationToken.None));
        Assert.Contains("AddReader", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_EveryKindOfInstrument_IsReadByPromtool()
    {
        _meter.CreateCounter<long>("exchanges", null, "Exchanges.").Add(1, new("action", "a\\b\"c\nd"), new("odd.key", "中"));
        _meter.CreateUpDownCounter<long>("running", null, "Running.").Add(-1);
        _meter.CreateObservableGauge("limit", () => double.PositiveInfinity, null, "A limit.");
        _meter.CreateHistogram<double>("bounded", "s", "Latency.").Record(0.2);
        (int exitCode, string output) = await Promtool.RunAsync(await TextAsync(), "check", "metrics");
        Assert.True(exitCode == 0 && output.Length == 0, $"promtool check metrics: exit code {exitCode}\n{output}");
    }

    private async Task<string> TextAsync()
    {
        using var output = new MemoryStream();
        Assert.True(await _exporter.WriteAsync(output, CancellationToken.None));
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private async Task<Exposition> ScrapeAsync() => Exposition.Parse(await TextAsync());

    private sealed class GatedStream(Task release) : MemoryStream
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _reached.SetResult();
            await release;
            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
