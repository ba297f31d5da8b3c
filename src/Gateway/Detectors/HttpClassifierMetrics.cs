using System.Diagnostics.Metrics;
using Gateway.Onnx.Serving;
using Polly.CircuitBreaker;

namespace Gateway.Detectors;

/// <summary>What the classifier over HTTP reports about itself.</summary>
internal sealed class HttpClassifierMetrics
{
    /// <summary>Nothing was asked, for the circuit is open.</summary>
    public const string CircuitOpen = "circuit_open";

    /// <summary>The service could not be reached, broke off, or answered with an error.</summary>
    public const string Failed = "failed";

    /// <summary>Nobody waits for the answer any more: the client went, or the exchange was decided.</summary>
    public const string GivenUp = "given_up";

    private readonly Counter<long> _questions;
    private readonly Histogram<double> _duration;

    public HttpClassifierMetrics(Meter meter, CircuitBreakerStateProvider circuit)
    {
        _questions = meter.CreateCounter<long>(
            "gateway_http_classifier_questions", description: "Texts for the classifier over HTTP by outcome: answered, timeout, failed, bad_output, queue_full, circuit_open, given_up.");
        _duration = meter.CreateHistogram(
            "gateway_http_classifier_duration_seconds", "s", "Time from a question to the classifier over HTTP to its outcome; what was not asked is not among them.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
        meter.CreateObservableGauge(
            "gateway_http_classifier_circuit_state",
            () => StateOf(circuit.CircuitState),
            description: "The circuit to the classifier over HTTP: 1 closed, 0 trying again, -1 open, and nothing is asked.");
    }

    /// <summary>Counts what became of a question that was asked.</summary>
    public void Asked(string outcome, TimeSpan duration)
    {
        _questions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <summary>Counts a question that was not asked.</summary>
    public void NotAsked(string outcome) => _questions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>The outcome that a fault amounts to, in the words of the classifier in the process.</summary>
    public static string OutcomeOf(ClassifierFault fault) => fault switch
    {
        ClassifierFault.QueueFull => "queue_full",
        ClassifierFault.Timeout => "timeout",
        ClassifierFault.BadOutput => "bad_output",
        _ => Failed,
    };

    private static int StateOf(CircuitState state) => state switch
    {
        CircuitState.Closed => 1,
        CircuitState.HalfOpen => 0,
        _ => -1,
    };
}
