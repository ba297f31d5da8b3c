using System.Globalization;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Serving;

namespace Gateway.Commands;

/// <summary><c>gateway model explain</c>: shows which words and n-grams carried a score.</summary>
internal sealed class ModelExplainCommand(RiskClassifier classifier)
{
    /// <exception cref="InvalidDataException">The model has no such label.</exception>
    public async Task RunAsync(string text, TextSide side, string? label, int top, TextWriter output, CancellationToken cancellationToken)
    {
        var labels = classifier.Model.Labels.ToList();
        var scores = await classifier.ScoreAsync(text.AsMemory(), side, cancellationToken);
        string[] asked = label is not null ? [label] : scores.HighestRisk >= 0 ? [Detection.AnyLabel, labels[scores.HighestRisk]] : [Detection.AnyLabel];
        var explanation = new Explanation(classifier);
        foreach (var name in asked)
        {
            var index = labels.IndexOf(name);
            if (index < 0) throw new InvalidDataException($"--label is \"{name}\": the model has {string.Join(", ", labels)}.");
            var (score, pieces) = await explanation.ExplainAsync(text, side, index, top, cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name}: {score:0.000}"));
            foreach (var piece in pieces)
            {
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {piece.Weight:+0.00;-0.00} \"{text.AsSpan(piece.Start, piece.Length)}\" at {piece.Start}..{piece.Start + piece.Length}"));
            }
        }
    }
}
