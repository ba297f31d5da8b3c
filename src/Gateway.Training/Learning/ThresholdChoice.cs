using Gateway.Onnx.Models;
using Gateway.Training.Data;

namespace Gateway.Training.Learning;

/// <summary>
/// Chooses thresholds so that all labels together, <c>any</c> included, flag a stated share of the harmless texts: most of
/// the share is given to <c>any</c>, the rest to the risks, each of which gets the same share of its own.
/// </summary>
internal static class ThresholdChoice
{
    /// <summary>Harmless texts blocked, labelled and cut.</summary>
    public const double BlockShare = 0.005, LabelShare = 0.02, CutShare = 0.001;

    /// <summary>What of a share goes to <c>any</c>.</summary>
    private const double AnyPart = 0.6;

    /// <summary>No risk decides below these, however rarely harmless texts get there: a small probability convinces nobody.</summary>
    private const float LeastBlock = 0.5f, LeastLabel = 0.3f, LeastCut = 0.7f;

    /// <summary>A risk that was learnt from fewer texts never decides.</summary>
    public const int LeastExamples = 100;

    public static Dictionary<string, LabelThresholds> Choose(HashedSet set, float[][] scores, string[] labels, IReadOnlySet<string> deciding)
    {
        var benign = scores.Where((_, example) => !set.IsHarmful(example)).ToArray();
        var block = ForShare(benign, labels, deciding, BlockShare, LeastBlock);
        var label = ForShare(benign, labels, deciding, LabelShare, LeastLabel);
        var cut = ForShare(benign, labels, deciding, CutShare, LeastCut);
        var thresholds = new Dictionary<string, LabelThresholds>();
        for (var l = 0; l < labels.Length; l++)
        {
            if (!deciding.Contains(labels[l])) continue;
            var atBlock = Math.Max(block[l], label[l]);
            thresholds[labels[l]] = new LabelThresholds(Up(atBlock), Up(Math.Min(block[l], label[l])), Up(Math.Max(cut[l], atBlock)));
        }

        return thresholds;
    }

    /// <summary>Thresholds per label at which the labels together flag at most a share of the harmless texts.</summary>
    private static float[] ForShare(float[][] benign, string[] labels, IReadOnlySet<string> deciding, double share, float least)
    {
        var sorted = labels.Select((_, l) => benign.Select(scores => scores[l]).OrderDescending().ToArray()).ToArray();
        var budget = (int)(share * benign.Length);
        var each = 0;
        var any = (int)(AnyPart * budget);
        // 1. A risk flags nothing at first, then one text more each time, as long as the union stays within the budget.
        var thresholds = At(any, each);
        while (each < budget && Flagged(At(any, each + 1)) <= budget) thresholds = At(any, ++each);
        // 2. What is left goes to "any".
        while (any < budget && Flagged(At(any + 1, each)) <= budget) thresholds = At(++any, each);
        return thresholds;

        int Flagged(float[] at) => benign.Count(scores => scores.Where((score, l) => score >= at[l]).Any());

        float[] At(int anyAllowed, int riskAllowed) => [.. labels.Select((label, l) =>
            !deciding.Contains(label) ? 2f
            : l == 0 ? Above(sorted[l], anyAllowed)
            : Math.Max(least, Above(sorted[l], riskAllowed)))];
    }

    /// <summary>The lowest threshold that flags at most so many.</summary>
    private static float Above(float[] descending, int allowed) => MathF.BitIncrement(descending[Math.Min(allowed, descending.Length - 1)]);

    /// <summary>Five digits are read more easily; rounding up keeps within the budget.</summary>
    private static float Up(float value) => Math.Min(1f, (float)(Math.Ceiling(value * 1e5) / 1e5));
}
