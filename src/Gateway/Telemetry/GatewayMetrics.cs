using System.Diagnostics.Metrics;

namespace Gateway.Telemetry;

/// <summary>
/// The gateway's own instruments. Tags have few values: actions, risks of the taxonomy, room names; never ids, models,
/// paths or users.
/// </summary>
internal sealed class GatewayMetrics
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string MeterName = "Gateway";

    private static readonly double[] LatencyBounds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

    private readonly Counter<long> _exchanges;
    private readonly Counter<long> _verdicts;
    private readonly Counter<long> _candidates;
    private readonly Counter<long> _shadows;
    private readonly Counter<long> _detections;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _unjudged;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _upstreamErrors;
    private readonly Counter<long> _upstreamRetries;
    private readonly Counter<long> _epochReloads;
    private readonly Counter<long> _auditEntries;
    private readonly Counter<long> _auditFaults;
    private readonly Histogram<double> _addedLatency;
    private readonly Histogram<double> _auditCommit;
    private readonly Histogram<int> _held;
    private int _running;

    public GatewayMetrics(IMeterFactory factory)
    {
        Meter = factory.Create(MeterName);
        _exchanges = Meter.CreateCounter<long>("gateway_exchanges", description: "Exchanges that ended, by protocol, carried-out action and outcome.");
        _verdicts = Meter.CreateCounter<long>("gateway_verdicts", description: "Verdicts by direction and action, carried out or not.");
        _candidates = Meter.CreateCounter<long>("gateway_candidate_verdicts", description: "What policies to come would have done, by direction, what was done, and what they would have done.");
        _shadows = Meter.CreateCounter<long>("gateway_shadow_verdicts", description: "What the shadow model would have led to, by direction, what the model in force led to on the same texts, and what the shadow would have.");
        _detections = Meter.CreateCounter<long>("gateway_detections", description: "Recorded findings by direction, risk and the verdict they were part of.");
        _rejected = Meter.CreateCounter<long>("gateway_rejected", description: "Requests turned away before they became exchanges, by reason.");
        _unjudged = Meter.CreateCounter<long>("gateway_unjudged", description: "Parts that passed without a judgement, by direction and reason.");
        _faults = Meter.CreateCounter<long>("gateway_faults", description: "Faults inside the gateway by room.");
        _upstreamErrors = Meter.CreateCounter<long>("gateway_upstream_errors", description: "Model servers that could not be reached or broke off, by kind.");
        _upstreamRetries = Meter.CreateCounter<long>("gateway_upstream_retries", description: "Requests sent again to another destination.");
        _epochReloads = Meter.CreateCounter<long>("gateway_epoch_reloads", description: "Changed lexicon and policy files that were looked into, by result: applied or refused.");
        _auditEntries = Meter.CreateCounter<long>("gateway_audit_entries", description: "Journal entries by kind.");
        _auditFaults = Meter.CreateCounter<long>("gateway_audit_faults", description: "Records that the journal refused or failed to write.");
        _addedLatency = Meter.CreateHistogram(
            "gateway_added_latency_seconds", "s", "Time an exchange spent in the gateway's own rooms.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LatencyBounds });
        _auditCommit = Meter.CreateHistogram(
            "gateway_audit_commit_seconds", "s", "Time from handing an entry to the journal until it was durable.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LatencyBounds });
        _held = Meter.CreateHistogram(
            "gateway_held_characters", null, "Characters that the keyword matcher held back after a piece of streamed text.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [0, 1, 2, 3, 5, 8, 13, 21, 34, 64, 128] });
        Meter.CreateObservableGauge("gateway_exchanges_running", () => Volatile.Read(ref _running), description: "Exchanges running now.");
    }

    /// <summary>The meter, for parts that bring instruments of their own.</summary>
    public Meter Meter { get; }

    /// <summary>Exchanges running now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Takes a place for an exchange.</summary>
    /// <returns>False when all places are taken.</returns>
    public bool TryEnter(int limit)
    {
        if (Interlocked.Increment(ref _running) <= limit) return true;
        Interlocked.Decrement(ref _running);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _running);

    public void Rejected(string reason) => _rejected.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Fault(string room) => _faults.Add(1, new KeyValuePair<string, object?>("room", room));

    public void UpstreamError(string kind) => _upstreamErrors.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void UpstreamRetry() => _upstreamRetries.Add(1);

    public void EpochReload(string result, int count = 1) => _epochReloads.Add(count, new KeyValuePair<string, object?>("result", result));

    public void AuditEntry(string kind) => _auditEntries.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void AuditFault() => _auditFaults.Add(1);

    public void AuditCommit(TimeSpan time) => _auditCommit.Record(time.TotalSeconds);

    public void Held(int characters) => _held.Record(characters);

    public void Exchange(string protocol, string action, string outcome) => _exchanges.Add(
        1,
        new KeyValuePair<string, object?>("protocol", protocol),
        new KeyValuePair<string, object?>("action", action),
        new KeyValuePair<string, object?>("outcome", outcome));

    public void AddedLatency(TimeSpan time, bool isStream) =>
        _addedLatency.Record(time.TotalSeconds, new KeyValuePair<string, object?>("kind", isStream ? "stream" : "buffered"));

    public void Verdict(string direction, string action) => _verdicts.Add(
        1, new KeyValuePair<string, object?>("direction", direction), new KeyValuePair<string, object?>("action", action));

    public void Candidate(string direction, string action, string candidate) => _candidates.Add(
        1,
        new KeyValuePair<string, object?>("direction", direction),
        new KeyValuePair<string, object?>("action", action),
        new KeyValuePair<string, object?>("candidate", candidate));

    public void Shadow(string direction, string action, string shadow) => _shadows.Add(
        1,
        new KeyValuePair<string, object?>("direction", direction),
        new KeyValuePair<string, object?>("action", action),
        new KeyValuePair<string, object?>("shadow", shadow));

    public void Detection(string direction, string risk, string action) => _detections.Add(
        1,
        new KeyValuePair<string, object?>("direction", direction),
        new KeyValuePair<string, object?>("risk", risk),
        new KeyValuePair<string, object?>("action", action));

    public void Unjudged(string direction, string reason) => _unjudged.Add(
        1, new KeyValuePair<string, object?>("direction", direction), new KeyValuePair<string, object?>("reason", reason));
}
