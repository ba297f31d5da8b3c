using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Evaluation;

/// <summary>One text with what its source says about it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Language"><c>zh</c> or <c>en</c>.</param>
/// <param name="Side">Prompt or response.</param>
/// <param name="Labels">Risks; empty for a harmless text. Not exhaustive.</param>
/// <param name="Source">Collection it comes from.</param>
/// <param name="Family">For texts of one's own, the pair it belongs to: a harmful text and the harmless twin that shares its words.</param>
internal sealed record Example(string Text, string Language, TextSide Side, string[] Labels, string Source, string? Family = null)
{
    /// <summary>Signs of a crisis ask for help, not for a refusal: they are a label of their own and never harm.</summary>
    public const string Crisis = "x-self-harm-crisis";

    public bool IsHarmful => Labels.Length > 0 && Labels is not [Crisis];

    /// <summary>Harmless. A text that shows a crisis and nothing else is neither harmful nor harmless.</summary>
    public bool IsBenign => Labels.Length == 0;

    /// <summary>Whether it carries a risk, or a part of it: a text about fraud carries what fraud is a part of.</summary>
    public bool Carries(string risk) =>
        Labels.Any(label => label == risk || (label.Length > risk.Length && label[risk.Length] == '.' && label.StartsWith(risk, StringComparison.Ordinal)));
}
