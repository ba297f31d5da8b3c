namespace Gateway.Onnx.Evaluation;

/// <summary>The figures of one group of texts.</summary>
/// <param name="Group">What the texts are grouped by: <c>all</c>, <c>language</c>, <c>side</c>, <c>language and side</c>, <c>source</c>, <c>label</c>, <c>risk group</c>.</param>
/// <param name="Name">The group's value.</param>
/// <param name="Texts">Texts.</param>
/// <param name="Positives">Of these, harmful ones (for a label: those that carry it).</param>
/// <param name="Precision">At 0.5.</param>
/// <param name="Recall">At 0.5.</param>
/// <param name="F1">At 0.5.</param>
/// <param name="Auroc">Area under the curve of recall over false positives.</param>
/// <param name="AveragePrecision">Mean precision over the harmful texts.</param>
/// <param name="RecallAt1">Recall where 1 % of the harmless texts are flagged.</param>
/// <param name="RecallAt2">Recall where 2 % are.</param>
/// <param name="Labelled">Share of the harmless texts that the thresholds label or block; NaN without any.</param>
/// <param name="Blocked">Share of the harmless texts that they block.</param>
/// <param name="CaughtByLabel">Share of the positives that they label or block.</param>
internal sealed record EvaluationRow(
    string Group,
    string Name,
    int Texts,
    int Positives,
    Figure Precision,
    Figure Recall,
    Figure F1,
    Figure Auroc,
    Figure AveragePrecision,
    Figure RecallAt1,
    Figure RecallAt2,
    double Labelled,
    double Blocked,
    double CaughtByLabel);
