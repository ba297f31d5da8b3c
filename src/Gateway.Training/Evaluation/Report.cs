using System.Globalization;
using System.Text;
using Gateway.Onnx.Evaluation;
using Gateway.Training.Learning;

namespace Gateway.Training.Evaluation;

/// <summary>Figures of a trained model: on half B of the development data, on the fifth kept from own pairs, under evasive spelling.</summary>
internal sealed class Report
{
    public Report(TrainedModel trained)
    {
        Trained = trained;
        DevB = trained.Evaluate(trained.DevB.Examples);
        OwnTest = trained.Data.OwnTest.Count == 0 ? null : trained.Evaluate(trained.Data.OwnTest);
    }

    public TrainedModel Trained { get; }

    public ModelEvaluation DevB { get; }

    public ModelEvaluation? OwnTest { get; }

    public string Summary()
    {
        var all = DevB.All;
        var responses = DevB.Rows.FirstOrDefault(row => row is { Group: "language and side", Name: "en response" });
        var text = string.Create(CultureInfo.InvariantCulture,
            $"dev B: AUROC {all.Auroc.Value:0.0000}, F1 at 0.5 {all.F1.Value:0.000}, recall at 2 % false positives {all.RecallAt2.Value:0.000}, English answers AUROC {responses?.Auroc.Value:0.000}; harmless flagged: label {100 * all.Labelled:0.00} %, block {100 * all.Blocked:0.00} %; harm caught: label {100 * all.CaughtByLabel:0.0} %");
        if (OwnTest is null) return text;
        var groups = string.Join(", ", OwnTest.Rows.Where(row => row.Group == "risk group").Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Name} {row.AveragePrecision.Value:0.000}")));
        return text + string.Create(CultureInfo.InvariantCulture,
            $"\nown test: average precision {groups}; harmless flagged: label {100 * OwnTest.All.Labelled:0.0} %, block {100 * OwnTest.All.Blocked:0.0} %; harm caught: label {100 * OwnTest.All.CaughtByLabel:0.0} %, AUROC {OwnTest.All.Auroc.Value:0.000}");
    }

    /// <summary>Share of the harmful texts of dev B that the thresholds flag, as they are and spelled evasively.</summary>
    public string Evasion()
    {
        var harmful = Trained.DevB.Examples.Where(example => example.IsHarmful).Concat(Trained.Data.OwnTest.Where(example => example.IsHarmful)).ToArray();
        var table = new StringBuilder("| spelling | harmful texts flagged (label) | at 0.5 |\n|---|---|---|\n");
        Row("as it is", text => text);
        foreach (var (way, spell) in EvasiveSpelling.Ways) Row(way, spell);
        return table.ToString();

        void Row(string name, Func<string, string> spell)
        {
            var all = Trained.Evaluate([.. harmful.Select(example => example with { Text = spell(example.Text) })]).All;
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {100 * all.CaughtByLabel:0.0} % | {100 * all.Recall.Value:0.0} % |\n");
        }
    }
}
