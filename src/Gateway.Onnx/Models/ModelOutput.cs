namespace Gateway.Onnx.Models;

/// <summary>What a model answers.</summary>
public sealed record ModelOutput
{
    /// <summary>Calibration is part of the graph: the tensor holds calibrated probabilities.</summary>
    public const string CalibratedInGraph = "graph";

    /// <summary>Tensor of probabilities, float [windows, labels].</summary>
    public string Tensor { get; init; } = "scores";

    /// <summary>One per column of the tensor: <c>any</c> or a risk of the taxonomy (<c>id</c> or <c>id.sub</c>).</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Where calibration happens. Only <c>graph</c> so far.</summary>
    public string Calibration { get; init; } = CalibratedInGraph;
}
