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

    /// <summary>
    /// Tensor of logits, float [windows, labels]; the gateway applies the logistic function itself, because the native one
    /// turns "not a number" into a number, and a broken answer must not pass for a clean one.
    /// </summary>
    public string Tensor { get; init; } = "logits";

    /// <summary>How logits become probabilities: <c>sigmoid</c> (default) or <c>softmax</c>.</summary>
    public string Activation { get; init; } = Sigmoid;

    /// <summary>One per column of the tensor: <c>any</c>, a risk of the taxonomy (<c>id</c> or <c>id.sub</c>), or, with <c>softmax</c>, <c>safe</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Where calibration happens. Only <c>graph</c> so far.</summary>
    public string Calibration { get; init; } = CalibratedInGraph;
}
