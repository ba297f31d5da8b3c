namespace Gateway.Onnx.Models;

/// <summary>What a model answers.</summary>
public sealed record ModelOutput
{
    /// <summary>Calibration is part of the graph: the logistic function of what it answers is a calibrated probability.</summary>
    public const string CalibratedInGraph = "graph";

    /// <summary>
    /// Tensor of logits, float [windows, labels]; the gateway applies the logistic function itself, because the native one
    /// turns "not a number" into a number, and a broken answer must not pass for a clean one.
    /// </summary>
    public string Tensor { get; init; } = "logits";

    /// <summary>One per column of the tensor: <c>any</c> or a risk of the taxonomy (<c>id</c> or <c>id.sub</c>).</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Where calibration happens. Only <c>graph</c> so far.</summary>
    public string Calibration { get; init; } = CalibratedInGraph;
}
