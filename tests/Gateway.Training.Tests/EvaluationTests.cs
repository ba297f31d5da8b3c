using Gateway.Inspection.Detectors;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Models;

namespace Gateway.Training.Tests;

public sealed class EvaluationTests
{
    private static readonly string[] Labels = ["any", "privacy-right"];

    [Fact]
    public void Figures_RandomScores_EqualThoseOfPlainDefinitionsAndLieInTheirIntervals()
    {
        const int seed = 5;
        var random = new Random(seed);
        var scored = Enumerable.Range(0, 400).Select(_ =>
        {
            var positive = random.Next(3) == 0;
            return ((float)Math.Round(Math.Clamp(random.NextDouble() + (positive ? 0.3 : 0), 0, 1), 3), positive);
        }).ToList();
        var figures = new Bootstrap(scored).Figures(seed);
        var (precision, recall, f1) = Metrics.At(scored, 0.5f);
        Assert.Equal(precision, figures[0].Value, 9);
        Assert.Equal(recall, figures[1].Value, 9);
        Assert.Equal(f1, figures[2].Value, 9);
        Assert.Equal(Metrics.Auroc(scored), figures[3].Value, 9);
        Assert.Equal(Metrics.AveragePrecision(scored), figures[4].Value, 2);
        Assert.Equal(Metrics.At(scored, Metrics.ThresholdAtFalsePositives(scored, 0.02)).Recall, figures[6].Value, 9);
        Assert.All(figures, figure => Assert.True(figure.Low <= figure.Value && figure.Value <= figure.High, $"seed {seed}: {figure}"));
        Assert.True(figures[3].High - figures[3].Low is > 0.02 and < 0.2, $"seed {seed}: {figures[3]}");
    }

    [Fact]
    public void Rows_Groups_CountTextsAndFlagsByThresholds()
    {
        ScoredText[] texts =
        [
            new(Make("a", "zh", ["privacy-right"], "own/x", "f1"), [0.9f, 0.8f]),
            new(Make("b", "zh", [], "own/x", "f1"), [0.6f, 0.1f]),
            new(Make("c", "en", [], "public", null), [0.1f, 0.1f]),
            new(Make("d", "en", [Example.Crisis], "public", null), [0.9f, 0.9f]),
        ];
        var evaluation = new ModelEvaluation(Labels, new Dictionary<string, LabelThresholds> { ["any"] = new(0.8f, 0.5f, 0.9f) }, texts);
        Assert.Equal((3, 1, 0.5, 0.0, 1.0), (evaluation.All.Texts, evaluation.All.Positives, evaluation.All.Labelled, evaluation.All.Blocked, evaluation.All.CaughtByLabel));
        var group = Assert.Single(evaluation.Rows, row => row.Group == "risk group");
        Assert.Equal(("a4-rights", 2, 1.0), (group.Name, group.Texts, group.AveragePrecision.Value));
        Assert.Contains("| a4-rights | 2 | 1 |", EvaluationTable.Markdown(evaluation, "risk group"), StringComparison.Ordinal);
        Assert.Contains("\"harmlessFlagged\": 0.5", EvaluationTable.Json(evaluation, "m"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fullwidth", "kill 他", "ｋｉｌｌ 他")]
    [InlineData("zero-width", "ok 杀人", "o\u200Bk 杀\u200B人")]
    [InlineData("spacing", "ok 杀人吧", "ok 杀 人 吧")]
    [InlineData("traditional", "学习", "學習")]
    [InlineData("letters as digits", "kill people", "k1ll p3ople")]
    public void Ways_Text_IsSpelledEvasively(string way, string text, string expected) => Assert.Equal(expected, EvasiveSpelling.Ways[way](text));

    private static Example Make(string text, string language, string[] labels, string source, string? family) =>
        new(text, language, TextSide.Prompt, labels, source, family);
}
