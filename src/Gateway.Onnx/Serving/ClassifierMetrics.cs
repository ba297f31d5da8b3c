using System.Diagnostics.Metrics;

namespace Gateway.Onnx.Serving;

/// <summary>
/// What the classifier reports about itself. One for the process: classifiers come and go with models, the instruments stay.
/// </summary>
public sealed class ClassifierMetrics
{
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _cached;
    private readonly Counter<long> _shadowed;
    private long _queued;
    private int _models;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meter">The gateway's meter, named <c>Gateway</c>; it stays the caller's.</param>
    public ClassifierMetrics(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        // The SDK's own bounds (5, 10, 25 … 10,000) would put every duration into the first bucket.
        _batchSize = meter.CreateHistogram(
            "gateway_classifier_batch_size", "{text}", "Texts judged in one run of the classifier.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });
        _duration = meter.CreateHistogram(
            "gateway_classifier_duration_seconds", "s", "Time a batch took, from folding to scores.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] });
        _faults = meter.CreateCounter<long>("gateway_classifier_faults_total", "{fault}", "Texts that could not be classified, by reason.");
        _cached = meter.CreateCounter<long>("gateway_classifier_cache_total", "{text}", "Texts looked up in the classifier's cache, by result: hit, miss.");
        _shadowed = meter.CreateCounter<long>(
            "gateway_classifier_shadow_total", "{text}", "Texts the shadow model judged too, by result: agree, shadow_only, serving_only, left_out.");
        meter.CreateObservableGauge("gateway_classifier_queue_length", () => Interlocked.Read(ref _queued), "{text}", "Texts waiting for the classifier.");
        meter.CreateObservableGauge(
            "gateway_classifier_models", () => Volatile.Read(ref _models), "{model}", "Models in memory: the one in force, its shadow, and those that exchanges begun before a swap still use.");
    }

    /// <summary>A model was loaded (1) or freed (-1).</summary>
    /// <param name="change">By how much the number of models changes.</param>
    public void Loaded(int change) => Interlocked.Add(ref _models, change);

    internal void Queued(int change) => Interlocked.Add(ref _queued, change);

    internal void Batch(int texts, TimeSpan duration)
    {
        _batchSize.Record(texts);
        _duration.Record(duration.TotalSeconds);
    }

    internal void Cached(bool isHit) => _cached.Add(1, new KeyValuePair<string, object?>("result", isHit ? "hit" : "miss"));

    internal void Shadowed(string result) => _shadowed.Add(1, new KeyValuePair<string, object?>("result", result));

    internal void Faulted(ClassifierFault fault) => _faults.Add(1, new KeyValuePair<string, object?>("reason", Reason(fault)));

    internal static string Reason(ClassifierFault fault) => fault switch
    {
        ClassifierFault.QueueFull => "queue_full",
        ClassifierFault.Timeout => "timeout",
        ClassifierFault.BadOutput => "bad_output",
        ClassifierFault.Stopped => "stopped",
        _ => "runtime",
    };
}
