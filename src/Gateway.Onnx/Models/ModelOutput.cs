namespace Gateway.Onnx.Models;

/// <summary>What a model answers.</summary>
public sealed record ModelOutput
{
    /// <summary>Calibration is part of the graph: the logistic function of what it answers is a calibrated probability.</summary>
    public const string CalibratedInGraph = "graph";

    /// <summary>Each label has a probability of its own: the logistic function of its logit.</summary>
    public const string Sigmoid = "sigmoid";

    /// <summary>The labels exclude one another: their probabilities add up to 1.</summary>
    public const string Softmax = "softmax";

    /// <summary>
    /// The label of a class that means "none of these risks". Where it stands, <c>any</c> may be missing: it is then what
    /// "safe" leaves over.
    /// </summary>
    public const string SafeLabel = "safe";

    /// <summary>A label's probability is that of its worst window.</summary>
    public const string Max = "max";

    /// <summary>A label's probability is the mean of all windows, by their length.</summary>
    public const string Mean = "mean";

    /// <summary>
    /// Tensor of logits, float [windows, labels]; the gateway applies the logistic function itself, because the native one
    /// turns "not a number" into a number, and a broken answer must not pass for a clean one.
    /// </summary>
    public string Tensor { get; init; } = "logits";

    /// <summary>How logits become probabilities: <c>sigmoid</c> (default) or <c>softmax</c>.</summary>
    public string Activation { get; init; } = Sigmoid;

    /// <summary>One per column of the tensor: <c>any</c>, a risk of the taxonomy (<c>id</c> or <c>id.sub</c>), or, with <c>softmax</c>, <c>safe</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>
    /// How the windows of a long text become one probability, by label: <c>max</c>, the worst window (default, so that one harmful sentence is found
    /// anywhere), or <c>mean</c>, all windows by their length, for what only a whole text can be.
    /// </summary>
    public IReadOnlyDictionary<string, string> Pooling { get; init; } = new Dictionary<string, string>();

    /// <summary>Where calibration happens. Only <c>graph</c> so far.</summary>
    public string Calibration { get; init; } = CalibratedInGraph;
}
