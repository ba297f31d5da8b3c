using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Serving;

/// <summary>
/// A second model that judges the same texts beside the one in force and decides nothing: its agreement is counted and what it says recorded, so that
/// a new model can be tried on real traffic before it serves. No text waits for it, and what its queue cannot take is left out and counted.
/// </summary>
public sealed class ShadowClassifier : IAsyncDisposable
{
    private readonly RiskClassifier _classifier;
    private readonly ClassifierMetrics _metrics;
    private readonly ClassifierDetector _reporter;
    private int _pending;

    /// <summary>Makes a shadow.</summary>
    /// <param name="classifier">The second model's classifier; the shadow disposes of it.</param>
    /// <param name="metrics">Where to report.</param>
    public ShadowClassifier(RiskClassifier classifier, ClassifierMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(metrics);
        _classifier = classifier;
        _metrics = metrics;
        _reporter = new ClassifierDetector(classifier);
    }

    /// <summary>The second model's classifier.</summary>
    public RiskClassifier Classifier => _classifier;

    /// <summary>Texts it has not answered yet.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Judges a text that the model in force has judged, and compares. Returns at once.</summary>
    /// <param name="window">The text; copied, because its memory is its owner's once this returns.</param>
    /// <param name="isFlagged">Whether the model in force reached one of its own label thresholds.</param>
    /// <returns>Its findings, once it has answered; <see langword="null"/> where it left the text out.</returns>
    public Task<Detection[]?> Observe(TextWindow window, bool isFlagged)
    {
        Interlocked.Increment(ref _pending);
        return CompareAsync(window.Text.ToArray(), window.Fresh, window.Side, isFlagged);
    }

    /// <summary>Ends its workers.</summary>
    public ValueTask DisposeAsync() => _classifier.DisposeAsync();

    /// <summary>Whether scores reach a label threshold of their model.</summary>
    internal static bool IsFlagged(RiskClassifier classifier, RiskScores scores)
    {
        for (var i = 0; i < scores.Labels.Count; i++)
            if (classifier.Model.Thresholds.TryGetValue(scores.Labels[i], out var thresholds) && scores.Windows > 0 && scores[i] >= thresholds.Label) return true;
        return false;
    }

    private async Task<Detection[]?> CompareAsync(char[] text, int fresh, TextSide side, bool isFlagged)
    {
        try
        {
            var scores = await _classifier.ScoreAsync(text, fresh, side, CancellationToken.None);
            var shadow = IsFlagged(_classifier, scores);
            _metrics.Shadowed(shadow == isFlagged ? "agree" : shadow ? "shadow_only" : "serving_only");
            var found = new DetectionList();
            _reporter.Report(scores, found);
            return found.ToArray();
        }
        catch (ClassifierFaultException)
        {
            _metrics.Shadowed("left_out");
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }
}
