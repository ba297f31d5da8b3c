namespace Gateway.Onnx.Models;

/// <summary>The probabilities from which a label decides, each 0 to 1, as chosen when the model was trained.</summary>
/// <param name="Block">From here a text is blocked.</param>
/// <param name="Label">From here a text is labelled. Not above <paramref name="Block"/>.</param>
/// <param name="Cut">From here a running stream is cut: half an answer is judged with less certainty. Not below <paramref name="Block"/>.</param>
public sealed record LabelThresholds(float Block, float Label, float Cut);
