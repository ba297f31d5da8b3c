using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;

namespace Gateway.Training.Learning;

/// <summary>
/// Chooses thresholds so that all labels together, <c>any</c> included, flag a stated share of the harmless texts: most of
/// the share is given to <c>any</c>, the rest to the risks, each of which gets the same share of its own. Harmless twins
/// of harmful texts and single sources have shares of their own, which may tighten the thresholds further.
/// </summary>
internal static class ThresholdChoice
{
    /// <summary>Harmless texts blocked, labelled and cut.</summary>
    public const double BlockShare = 0.005, LabelShare = 0.02, CutShare = 0.001;

    /// <summary>Harmless twins blocked, labelled and cut, at most: they share their words with harmful texts.</summary>
    public const double TwinBlockShare = 0.04, TwinLabelShare = 0.06, TwinCutShare = 0.005;

    /// <summary>What of the texts of a single harmless source may be blocked or cut; labelling is bounded by the share of all alone.</summary>
    private const double SourceBlockShare = 0.03;

    /// <summary>A source with fewer texts has no share of its own: chance would decide.</summary>
    private const int LeastSource = 60;

    /// <summary>What of a share goes to <c>any</c>.</summary>
    private const double AnyPart = 0.6;

    /// <summary>No risk decides below these, however rarely harmless texts get there: a small probability convinces nobody.</summary>
    private const float LeastBlock = 0.85f, LeastLabel = 0.6f, LeastCut = 0.95f;

    /// <summary>A risk that was learnt from fewer texts never decides.</summary>
    public const int LeastExamples = 100;

    public static Dictionary<string, LabelThresholds> Choose(IReadOnlyList<ScoredText> texts, string[] labels, IReadOnlySet<string> deciding)
    {
        var benign = texts.Where(text => text.Example.IsBenign).ToArray();
        var mixed = texts.Where(text => !text.Example.IsBenign).Select(text => text.Example.Source).ToHashSet(StringComparer.Ordinal);
        var block = ForShare(benign, mixed, labels, deciding, BlockShare, TwinBlockShare, SourceBlockShare, LeastBlock);
        var label = ForShare(benign, mixed, labels, deciding, LabelShare, TwinLabelShare, 1, LeastLabel);
        var cut = ForShare(benign, mixed, labels, deciding, CutShare, TwinCutShare, SourceBlockShare, LeastCut);
        var thresholds = new Dictionary<string, LabelThresholds>();
        for (var l = 0; l < labels.Length; l++)
        {
            if (!deciding.Contains(labels[l])) continue;
            var atBlock = Math.Max(block[l], label[l]);
            // Who shows a crisis is labelled, so that help can be offered, and never refused.
            thresholds[labels[l]] = labels[l] == Example.Crisis
                ? new LabelThresholds(1f, Up(Math.Min(block[l], label[l])), 1f)
                : new LabelThresholds(Up(atBlock), Up(Math.Min(block[l], label[l])), Up(Math.Max(cut[l], atBlock)));
        }

        return thresholds;
    }

    /// <summary>Thresholds per label at which the labels together flag at most the allowed shares of the harmless texts.</summary>
    private static float[] ForShare(
        ScoredText[] benign, HashSet<string> mixed, string[] labels, IReadOnlySet<string> deciding, double share, double twinShare, double sourceShare, float least)
    {
        var sorted = labels.Select((_, l) => benign.Select(text => text.Scores[l]).OrderDescending().ToArray()).ToArray();
        var shared = benign.Where(text => text.Example.Family is null).ToArray();
        var budgets = benign.GroupBy(text => text.Example.Family is null ? text.Example.Source : "own", StringComparer.Ordinal)
            .Where(group => group.Key == "own" || (group.Count() >= LeastSource && !mixed.Contains(group.Key)))
            .Select(group => (Texts: group.ToArray(), Budget: (int)(group.Key == "own" ? twinShare * group.Count() : sourceShare * group.Count())))
            .Append((Texts: shared, Budget: (int)(share * shared.Length))).ToArray();
        // 1. A risk flags nothing at first, then one text more each time, as long as every budget holds; "any" grows beside it.
        var (any, each) = (0, 0);
        var most = budgets.Max(budget => budget.Budget);
        while (any < most && Holds(any + 1, each))
        {
            any++;
            while (each + 1 <= any * (1 - AnyPart) && Holds(any, each + 1)) each++;
        }

        // 2. What is left goes to the risks.
        while (each < most && Holds(any, each + 1)) each++;
        return At(any, each);

        bool Holds(int anyAllowed, int riskAllowed)
        {
            var at = At(anyAllowed, riskAllowed);
            return budgets.All(budget => budget.Texts.Count(text => IsFlagged(text.Scores, at)) <= budget.Budget);
        }

        float[] At(int anyAllowed, int riskAllowed) => [.. labels.Select((label, l) =>
            !deciding.Contains(label) ? 2f
            : l == 0 ? Above(sorted[l], anyAllowed)
            : Math.Max(least, Above(sorted[l], riskAllowed)))];
    }

    private static bool IsFlagged(float[] scores, float[] at)
    {
        for (var l = 0; l < at.Length; l++)
            if (scores[l] >= at[l]) return true;
        return false;
    }

    /// <summary>The lowest threshold that flags at most so many.</summary>
    private static float Above(float[] descending, int allowed) =>
        descending.Length == 0 ? 1f : MathF.BitIncrement(descending[Math.Min(allowed, descending.Length - 1)]);

    /// <summary>Five digits are read more easily; rounding up keeps within the budget.</summary>
    private static float Up(float value) => Math.Min(1f, (float)(Math.Ceiling(value * 1e5) / 1e5));
}
