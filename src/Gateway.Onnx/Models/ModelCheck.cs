namespace Gateway.Onnx.Models;

/// <summary>
/// A text whose scores are known: a model that says something else on this machine is not the one its maker measured, and does not serve.
/// </summary>
public sealed record ModelCheck
{
    /// <summary>The text.</summary>
    public string Text { get; init; } = "";

    /// <summary><c>prompt</c> (default) or <c>response</c>.</summary>
    public string Side { get; init; } = "prompt";

    /// <summary>Probabilities by label; labels left out are not compared.</summary>
    public IReadOnlyDictionary<string, float> Scores { get; init; } = new Dictionary<string, float>();

    /// <summary>How far a score may be off, 0 to 1. Default 0.01: processors round differently.</summary>
    public float Tolerance { get; init; } = 0.01f;
}
