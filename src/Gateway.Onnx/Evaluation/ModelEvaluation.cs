using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Onnx.Models;

namespace Gateway.Onnx.Evaluation;

/// <summary>Figures of a model on labelled texts, per label, language, side, source and group of risks.</summary>
internal sealed class ModelEvaluation
{
    private readonly IReadOnlyList<string> _labels;
    private readonly IReadOnlyDictionary<string, LabelThresholds> _thresholds;
    private readonly ScoredText[] _texts;
    private readonly int _any;

    public ModelEvaluation(IReadOnlyList<string> labels, IReadOnlyDictionary<string, LabelThresholds> thresholds, IEnumerable<ScoredText> texts)
    {
        _labels = labels;
        _thresholds = thresholds;
        _texts = [.. texts];
        _any = labels.ToList().IndexOf(Detection.AnyLabel);
        Rows = [.. Make()];
    }

    public IReadOnlyList<EvaluationRow> Rows { get; }

    public EvaluationRow All => Rows[0];

    /// <summary>Whether the thresholds flag a text.</summary>
    public bool Flags(ScoredText text, Func<LabelThresholds, float> threshold)
    {
        for (var l = 0; l < _labels.Count; l++)
            if (_thresholds.TryGetValue(_labels[l], out var chosen) && text.Scores[l] >= threshold(chosen)) return true;
        return false;
    }

    private IEnumerable<EvaluationRow> Make()
    {
        yield return Row("all", "all", _texts);
        foreach (var row in By("language", text => text.Example.Language)) yield return row;
        foreach (var row in By("side", text => SideName(text.Example.Side))) yield return row;
        foreach (var row in By("language and side", text => $"{text.Example.Language} {SideName(text.Example.Side)}")) yield return row;
        foreach (var row in By("source", text => text.Example.Source)) yield return row;
        for (var l = 0; l < _labels.Count; l++)
            if (l != _any && LabelRow(l) is { } row) yield return row;
        foreach (var row in RiskGroups()) yield return row;
    }

    private IEnumerable<EvaluationRow> By(string group, Func<ScoredText, string> key) =>
        _texts.GroupBy(key, StringComparer.Ordinal).OrderBy(texts => texts.Key, StringComparer.Ordinal).Select(texts => Row(group, texts.Key, [.. texts]));

    /// <summary>Pairs by the group of the risk of their harmful half: A.1 to A.5 of the standard and what goes beyond it.</summary>
    private IEnumerable<EvaluationRow> RiskGroups()
    {
        var groups = _texts.Where(text => text.Example is { Family: not null, IsHarmful: true })
            .GroupBy(text => text.Example.Family!, StringComparer.Ordinal)
            .ToDictionary(family => family.Key, family => GroupOf(family.First().Example.Labels[0]), StringComparer.Ordinal);
        return _texts.Where(text => text.Example.Family is { } family && groups.ContainsKey(family))
            .GroupBy(text => groups[text.Example.Family!], StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => Row("risk group", group.Key, [.. group]));
    }

    private static string GroupOf(string label) => Taxonomy.Default.TryGetRisk(label, out var risk) ? risk.Group : "unknown";

    private EvaluationRow Row(string group, string name, ScoredText[] texts) =>
        Row(group, name, texts, _any, text => text.Example.IsHarmful);

    private EvaluationRow? LabelRow(int label)
    {
        var texts = _texts.Where(text => text.Example.IsBenign || text.Example.Carries(_labels[label])).ToArray();
        return texts.All(text => text.Example.IsBenign) ? null : Row("label", _labels[label], texts, label, text => !text.Example.IsBenign);
    }

    private EvaluationRow Row(string group, string name, ScoredText[] texts, int label, Func<ScoredText, bool> isPositive)
    {
        var counted = texts.Where(text => text.Example.IsBenign || isPositive(text)).ToArray();
        var figures = new Bootstrap(counted.Select(text => (text.Scores[label], isPositive(text)))).Figures(seed: 1);
        var benign = counted.Where(text => text.Example.IsBenign).ToArray();
        var positives = counted.Where(isPositive).ToArray();
        return new EvaluationRow(
            group, name, counted.Length, positives.Length,
            figures[0], figures[1], figures[2], figures[3], figures[4], figures[5], figures[6],
            Share(benign, t => t.Label), Share(benign, t => t.Block), Share(positives, t => t.Label));
    }

    private double Share(ScoredText[] texts, Func<LabelThresholds, float> threshold) =>
        texts.Length == 0 ? double.NaN : texts.Count(text => Flags(text, threshold)) / (double)texts.Length;

    private static string SideName(TextSide side) => side == TextSide.Response ? "response" : "prompt";
}
