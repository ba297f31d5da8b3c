using System.Globalization;
using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Training.Learning;

namespace Gateway.Training.Evaluation;

/// <summary>Figures of a trained model on half B of the development data.</summary>
internal sealed class Report(TrainedModel trained)
{
    /// <summary>A label with fewer texts gets no figure: it would say more about chance than about the model.</summary>
    private const int LeastTrain = 100, LeastDev = 15, LeastBenign = 30;

    public string Summary() => string.Create(CultureInfo.InvariantCulture,
        $"dev B: AUROC {Metrics.Auroc(All):0.0000}, F1 at 0.5 {Metrics.At(All, 0.5f).F1:0.000}, recall at 2 % false positives {RecallAt(All, 0.02):0.000}, calibration error {Metrics.CalibrationError(All):0.000}, flagged harmless: block {100 * Union(t => t.Block):0.00} %, label {100 * Union(t => t.Label):0.00} %, cut {100 * Union(t => t.Cut):0.00} %");

    /// <summary>Harmful against harmless, in all and by language and side.</summary>
    public string Groups()
    {
        var table = new StringBuilder("| texts | n | harmful | precision at 0.5 | recall at 0.5 | F1 at 0.5 | AUROC | recall at 2 % false positives |\n|---|---|---|---|---|---|---|---|\n");
        Row("all", _ => true);
        foreach (var (language, side) in ((string, TextSide)[])[("zh", TextSide.Prompt), ("zh", TextSide.Response), ("en", TextSide.Prompt), ("en", TextSide.Response)])
            Row($"{language}, {side.ToString().ToLowerInvariant()}s", i => trained.DevB.Examples[i].Language == language && trained.DevB.Examples[i].Side == side);
        return table.ToString();

        void Row(string name, Func<int, bool> filter)
        {
            var scored = Any(filter);
            var (precision, recall, f1) = Metrics.At(scored, 0.5f);
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {scored.Count} | {scored.Count(pair => pair.Positive)} | {precision:0.000} | {recall:0.000} | {f1:0.000} | {Metrics.Auroc(scored):0.0000} | {RecallAt(scored, 0.02):0.000} |\n");
        }
    }

    /// <summary>Per risk with enough texts: that risk against harmless texts.</summary>
    public string Risks()
    {
        var table = new StringBuilder("| label | train | dev B | AUROC | average precision | label from | block from | cut from |\n|---|---|---|---|---|---|---|---|\n");
        for (var l = 0; l < trained.Network.Labels.Length; l++)
        {
            var label = l;
            var name = trained.Network.Labels[l];
            var scored = Enumerable.Range(0, trained.DevB.Count)
                .Where(i => Has(i, label) || !trained.DevB.IsHarmful(i))
                .Select(i => (trained.ScoresB[i][label], Has(i, label))).ToList();
            var (train, dev) = (trained.Counts.GetValueOrDefault(name, trained.Train.LabelBits.Count(bits => (bits & 1) != 0)), scored.Count(pair => pair.Item2));
            var figures = train < LeastTrain || dev < LeastDev
                ? "too few texts | too few texts"
                : string.Create(CultureInfo.InvariantCulture, $"{Metrics.Auroc(scored):0.000} | {Metrics.AveragePrecision(scored):0.000}");
            var thresholds = trained.Thresholds.TryGetValue(name, out var chosen)
                ? string.Create(CultureInfo.InvariantCulture, $"{chosen.Label:0.0000} | {chosen.Block:0.0000} | {chosen.Cut:0.0000}")
                : "never decides | – | –";
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {train} | {dev} | {figures} | {thresholds} |\n");
        }

        return table.ToString();
    }

    /// <summary>Harmless texts flagged, by source.</summary>
    public string Benign()
    {
        var table = new StringBuilder("| source | harmless texts in dev B | labelled | blocked |\n|---|---|---|---|\n");
        var sources = Enumerable.Range(0, trained.DevB.Count).Where(i => !trained.DevB.IsHarmful(i)).GroupBy(i => trained.DevB.Examples[i].Source, StringComparer.Ordinal);
        foreach (var source in sources.Where(group => group.Count() >= LeastBenign).OrderBy(group => group.Key, StringComparer.Ordinal))
            table.Append(CultureInfo.InvariantCulture, $"| {source.Key} | {source.Count()} | {Share(source, t => t.Label)} | {Share(source, t => t.Block)} |\n");
        return table.ToString();

        string Share(IEnumerable<int> texts, Func<Onnx.Models.LabelThresholds, float> threshold) =>
            string.Create(CultureInfo.InvariantCulture, $"{100 * texts.Average(i => Flagged(i, threshold) ? 1.0 : 0.0):0.0} %");
    }

    private List<(float Score, bool Positive)> All => Any(_ => true);

    private List<(float Score, bool Positive)> Any(Func<int, bool> filter) =>
        [.. Enumerable.Range(0, trained.DevB.Count).Where(filter).Select(i => (trained.ScoresB[i][0], trained.DevB.IsHarmful(i)))];

    private bool Has(int example, int label) => (trained.DevB.LabelBits[example] >> label & 1) != 0;

    private double Union(Func<Onnx.Models.LabelThresholds, float> threshold) =>
        Enumerable.Range(0, trained.DevB.Count).Where(i => !trained.DevB.IsHarmful(i)).Average(i => Flagged(i, threshold) ? 1.0 : 0.0);

    private bool Flagged(int example, Func<Onnx.Models.LabelThresholds, float> threshold)
    {
        var labels = trained.Network.Labels;
        for (var l = 0; l < labels.Length; l++)
            if (trained.Thresholds.TryGetValue(labels[l], out var chosen) && trained.ScoresB[example][l] >= threshold(chosen)) return true;
        return false;
    }

    private static double RecallAt(List<(float Score, bool Positive)> scored, double share) =>
        Metrics.At(scored, Metrics.ThresholdAtFalsePositives(scored, share)).Recall;
}
