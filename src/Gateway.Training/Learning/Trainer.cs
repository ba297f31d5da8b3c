using System.Diagnostics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;
using Gateway.Training.Data;
using Gateway.Training.Evaluation;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>Trains a model from examples: members pass over the data until half A of the development data stops improving.</summary>
internal sealed class Trainer(NgramSettings ngrams, LearningSettings settings, TextWriter progress)
{
    /// <summary>A risk with fewer training texts gets no output.</summary>
    public const int LeastExamples = 20;

    /// <summary>Passes without improvement after which training stops.</summary>
    private const int Patience = 3;

    /// <summary>Outputs are label bits of one 64-bit word.</summary>
    private const int MostLabels = 64;

    public TrainedModel Train(IReadOnlyList<Example> train, IReadOnlyList<Example> dev, int seed, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        // 1. Outputs: "any", then every risk with enough texts, in the order of their names.
        var counts = train.SelectMany(example => example.Labels).CountBy(label => label).ToDictionary();
        string[] labels = [Detection.AnyLabel, .. counts.Where(pair => pair.Value >= LeastExamples).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        if (labels.Length > MostLabels) throw new InvalidDataException($"{labels.Length} labels have {LeastExamples} texts or more: {MostLabels} are possible");

        // 2. Features.
        var trainSet = HashedSet.Make(ngrams, train, labels);
        var a = HashedSet.Make(ngrams, [.. dev.Where(DevHalf.IsA)], labels);
        var b = HashedSet.Make(ngrams, [.. dev.Where(example => !DevHalf.IsA(example))], labels);
        progress.WriteLine($"{train.Count} texts to train on, {a.Count} to steer by (dev A), {b.Count} to report (dev B), {labels.Length} labels, {clock.Elapsed.TotalSeconds:0} s");

        // 3. Passes, the best of which is kept, and what serves: one network of small integers, calibrated on A.
        var network = Pass(trainSet, a, labels, seed, clock, limit);
        Calibrate(network, a);

        // 4. Thresholds on A.
        var scoresA = Scoring.Score(network, a);
        var deciding = labels.Where(label => label == Detection.AnyLabel || counts[label] >= ThresholdChoice.LeastExamples).ToHashSet();
        var thresholds = ThresholdChoice.Choose(a, scoresA, labels, deciding);
        return new TrainedModel(network, thresholds, b, Scoring.Score(network, b), trainSet, counts, clock.Elapsed);
    }

    private BagNetwork Pass(HashedSet train, HashedSet a, string[] labels, int seed, Stopwatch clock, TimeSpan limit)
    {
        var members = Enumerable.Range(0, settings.Members).Select(m => new Member(ngrams, settings, labels.Length, train, (seed * 1000) + m)).ToArray();
        BagNetwork? best = null;
        var (bestAuroc, bestPass) = (double.NegativeInfinity, 0);
        for (var pass = 0; pass < settings.Epochs && pass - bestPass < Patience && clock.Elapsed < limit; pass++)
        {
            var losses = new double[members.Length];
            // Each member is one thread's own, so the result depends on the seed alone.
            Parallel.For(0, members.Length, m => losses[m] = members[m].Pass((double)pass / settings.Epochs, (double)(pass + 1) / settings.Epochs));
            var network = Joining.Join(ngrams, settings, labels, members);
            var scored = Any(Scoring.Score(network, a), a);
            var loss = scored.Average(pair => -Math.Log(Math.Max(1e-7, pair.Positive ? pair.Score : 1 - pair.Score)));
            var auroc = Metrics.Auroc(scored);
            progress.WriteLine($"pass {pass + 1}/{settings.Epochs}: loss {losses.Average():0.0000}, dev A loss {loss:0.0000}, AUROC {auroc:0.0000}, {clock.Elapsed.TotalSeconds:0} s");
            // The order counts, not the loss: how sure the scores are is put right by calibration.
            if (!(auroc <= bestAuroc)) (best, bestAuroc, bestPass) = (network, auroc, pass);
        }

        return best ?? throw new InvalidOperationException("no time was left for a single pass");
    }

    private static List<(float Score, bool Positive)> Any(float[][] scores, HashedSet set) =>
        [.. scores.Select((score, example) => (score[0], set.IsHarmful(example)))];

    private void Calibrate(BagNetwork network, HashedSet a)
    {
        var scores = Scoring.Score(network, a);
        for (var l = 0; l < network.Labels.Length; l++)
        {
            var label = l;
            var (slope, offset) = Calibration.Fit([.. scores.Select((score, example) =>
            {
                var positive = (a.LabelBits[example] >> label & 1) != 0;
                // As in training: a harmful text that does not carry a risk may deserve it all the same.
                var weight = label == 0 || positive || !a.IsHarmful(example) ? 1f : settings.MissingWeight;
                return (Scoring.Logit(score[label]), positive, weight);
            })]);
            Calibration.Bake(network, label, slope, offset);
        }
    }
}
