using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Onnx.Evaluation;

/// <summary>Writes figures as Markdown and as JSON.</summary>
internal static class EvaluationTable
{
    /// <summary>A group with fewer positives gets no figure: it would say more about chance than about the model.</summary>
    public const int LeastPositives = 10;

    /// <summary>Tables of all groups, or of those named.</summary>
    public static string Markdown(ModelEvaluation evaluation, params string[] groups)
    {
        var text = new StringBuilder();
        foreach (var group in evaluation.Rows.Where(row => groups.Length == 0 || groups.Contains(row.Group)).GroupBy(row => row.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {group.Key} | texts | harmful | precision | recall | F1 | AUROC | average precision | recall at 1 % false positives | recall at 2 % | harm flagged | harmless flagged | of it blocked |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
            foreach (var row in group)
            {
                var enough = row.Positives >= LeastPositives;
                text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Texts} | {row.Positives} ");
                foreach (var figure in Figures(row)) text.Append(CultureInfo.InvariantCulture, $"| {(enough ? figure.Value : Figure.None)} ");
                text.Append(CultureInfo.InvariantCulture, $"| {Percent(row.CaughtByLabel)} | {Percent(row.Labelled)} | {Percent(row.Blocked)} |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One object with the rows, figures that do not exist being null.</summary>
    public static string Json(ModelEvaluation evaluation, string model)
    {
        var rows = new JsonArray();
        foreach (var row in evaluation.Rows)
        {
            var one = new JsonObject { ["group"] = row.Group, ["name"] = row.Name, ["texts"] = row.Texts, ["harmful"] = row.Positives };
            foreach (var (name, figure) in Figures(row))
                one[name] = double.IsFinite(figure.Value) ? new JsonObject { ["value"] = Number(figure.Value), ["low"] = Number(figure.Low), ["high"] = Number(figure.High) } : null;
            one["harmFlagged"] = Number(row.CaughtByLabel);
            one["harmlessFlagged"] = Number(row.Labelled);
            one["harmlessBlocked"] = Number(row.Blocked);
            rows.Add(one);
        }

        return new JsonObject { ["model"] = model, ["rows"] = rows }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static (string Name, Figure Value)[] Figures(EvaluationRow row) =>
    [
        ("precision", row.Precision), ("recall", row.Recall), ("f1", row.F1), ("auroc", row.Auroc), ("averagePrecision", row.AveragePrecision),
        ("recallAt1PercentFalsePositives", row.RecallAt1), ("recallAt2PercentFalsePositives", row.RecallAt2),
    ];

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(Math.Round(value, 5)) : null;

    private static string Percent(double share) => double.IsFinite(share) ? string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %") : "–";
}
