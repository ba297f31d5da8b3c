namespace Gateway.Onnx.Evaluation;

/// <summary>A labelled text with what a model says about it.</summary>
/// <param name="Example">The text.</param>
/// <param name="Scores">Probabilities in the order of the model's labels.</param>
internal sealed record ScoredText(Example Example, float[] Scores);
