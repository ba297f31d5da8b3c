using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Serving;

/// <summary>Reports what the classifier finds: one finding per label whose probability reaches the model's floor.</summary>
public sealed class ClassifierDetector : IDetector
{
    /// <summary>Released characters shown again with the held ones, UTF-16 units.</summary>
    public const int ContextLength = 400;

    private readonly RiskClassifier _classifier;
    private readonly string[] _rules;
    private readonly ShadowClassifier? _shadow;

    /// <summary>Makes a detector.</summary>
    /// <param name="classifier">The classifier; it stays the caller's.</param>
    /// <param name="shadow">A second model that is shown the same texts and decides nothing; it stays the caller's.</param>
    public ClassifierDetector(RiskClassifier classifier, ShadowClassifier? shadow = null)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        _classifier = classifier;
        _shadow = shadow;
        _rules = [.. classifier.Model.Labels.Select(label => $"{classifier.Model.Manifest.Name}/{label}")];
    }

    /// <summary>The name in records and metrics.</summary>
    public const string DetectorName = "classifier";

    /// <inheritdoc />
    public string Name => DetectorName;

    /// <inheritdoc />
    public bool IsImmediate => false;

    /// <inheritdoc />
    public int Context => ContextLength;

    /// <inheritdoc />
    public async ValueTask<int> DetectAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);
        var scores = await _classifier.ScoreAsync(window.Text, window.Fresh, window.Side, cancellationToken);
        Report(scores, detections);
        if (_shadow is not null) detections.AddAside(_shadow.Observe(window, ShadowClassifier.IsFlagged(_classifier, scores)));
        return 0;
    }

    /// <summary>Adds the findings that scores amount to.</summary>
    /// <param name="scores">Scores of this detector's classifier.</param>
    /// <param name="detections">Where to add them.</param>
    public void Report(RiskScores scores, DetectionList detections)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(detections);
        var floor = _classifier.Model.Manifest.Floor;
        for (var i = 0; i < scores.Labels.Count; i++)
        {
            if (scores.Windows == 0 || scores[i] < floor) continue;
            var label = scores.Labels[i];
            var risk = label == Detection.AnyLabel && scores.HighestRisk is >= 0 and var highest ? scores.Labels[highest] : label;
            var (start, length) = scores.Window(i);
            detections.Add(new Detection(risk, start, length, scores[i], Name, _rules[i], Label: label));
        }
    }
}
