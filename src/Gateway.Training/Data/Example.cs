using Gateway.Inspection.Detectors;

namespace Gateway.Training.Data;

/// <summary>One text with what its source says about it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Language"><c>zh</c> or <c>en</c>.</param>
/// <param name="Side">Prompt or response.</param>
/// <param name="Labels">Risks; empty for a harmless text. Not exhaustive.</param>
/// <param name="Source">Collection it comes from.</param>
internal sealed record Example(string Text, string Language, TextSide Side, string[] Labels, string Source)
{
    public bool IsHarmful => Labels.Length > 0;
}
