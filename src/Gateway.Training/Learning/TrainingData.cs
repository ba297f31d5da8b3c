using Gateway.Onnx.Evaluation;
using Gateway.Training.Data;

namespace Gateway.Training.Learning;

/// <summary>What a model learns from, and what it is steered by and measured on.</summary>
/// <param name="Train">Public texts to learn from.</param>
/// <param name="Dev">Public texts to steer by (half A) and to report (half B).</param>
/// <param name="Own">The project's own pairs; <see langword="null"/> without.</param>
/// <param name="Harmless">Harmless texts of the corpus, some of which teach; empty without.</param>
internal sealed record TrainingData(IReadOnlyList<Example> Train, IReadOnlyList<Example> Dev, OwnPairs? Own, IReadOnlyList<Example> Harmless)
{
    public IReadOnlyList<Example> OwnSteer => Own?.Steer ?? [];

    public IReadOnlyList<Example> OwnTest => Own?.Test ?? [];

    /// <summary>All texts to learn from, own ones as often as told, each time varied.</summary>
    public List<Example> Everything(int ownCopies)
    {
        List<Example> all = [.. Train];
        if (Own is null) return all;
        for (var copy = 0; copy < ownCopies; copy++) all.AddRange(Own.Train.Select(example => OwnPairs.Vary(example, copy)));
        return all;
    }

    /// <summary>The same without a source: what a model is worth on texts of a kind it has not seen.</summary>
    public TrainingData Without(string source) => this with { Train = [.. Train.Where(example => example.Source != source)] };
}
