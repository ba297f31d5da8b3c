using System.Diagnostics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Evaluation;
using Gateway.Training.Data;
using Gateway.Training.Evaluation;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>Trains a model from examples: members pass over the data until half A of the development data stops improving.</summary>
internal sealed class Trainer(TrainingPlan plan, TextWriter progress, ProgressBar? bar = null, Action<BagNetwork>? keep = null)
{
    /// <summary>A risk with fewer training texts gets no output.</summary>
    public const int LeastExamples = 20;

    /// <summary>Passes without improvement after which training stops.</summary>
    private const int Patience = 3;

    /// <summary>Outputs are label bits of one 64-bit word.</summary>
    private const int MostLabels = 64;

    private readonly LearningSettings _settings = plan.Learning;

    public TrainedModel Train(TrainingData data, int seed, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        // 1. Outputs: "any", then every risk with enough texts, in the order of their names.
        var once = data.Everything(1);
        var counts = once.SelectMany(example => example.Labels).SelectMany(WithWhole).CountBy(label => label).ToDictionary();
        string[] labels = [Detection.AnyLabel, .. counts.Where(pair => pair.Value >= LeastExamples).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        if (labels.Length > MostLabels) throw new InvalidDataException($"{labels.Length} labels have {LeastExamples} texts or more: {MostLabels} are possible");

        // 2. Features.
        var labelled = HashedSet.Make(plan.Ngrams, data.Everything(_settings.OwnCopies), labels);
        var linear = Linear(labelled, seed);
        var trainSet = WithHarmless(data, labelled, linear, labels, seed);
        var a = HashedSet.Make(plan.Ngrams, [.. data.Dev.Where(DevHalf.IsA)], labels);
        var b = HashedSet.Make(plan.Ngrams, [.. data.Dev.Where(example => !DevHalf.IsA(example))], labels);
        var own = HashedSet.Make(plan.Ngrams, data.OwnSteer, labels);
        progress.WriteLine($"{trainSet.Count} texts to train on (of them {trainSet.Examples.Count(example => example.Source == Corpus.Source)} of the corpus; {once.Count} labelled ones without variations), {a.Count} (dev A) and {own.Count} (own) to steer by, {b.Count} (dev B) and {data.OwnTest.Count} (own) to report, {labels.Length} labels, {clock.Elapsed.TotalSeconds:0} s");

        // 3. Passes, the best of which is kept, and what serves: one network of small integers, calibrated on A.
        var network = Pass(trainSet, linear, a, own, labels, seed, clock, limit);
        Calibrate(network, a, own);

        // 4. Thresholds on A and on own pairs that were held back.
        var deciding = labels.Where(label => label == Detection.AnyLabel || counts[label] >= ThresholdChoice.LeastExamples).ToHashSet();
        var thresholds = ThresholdChoice.Choose([.. Score(network, a), .. Score(network, own)], labels, deciding);
        return new TrainedModel(network, thresholds, data, b, counts, clock.Elapsed, _settings);
    }

    /// <summary>A text about fraud is one about what fraud is a part of, too.</summary>
    private static IEnumerable<string> WithWhole(string label) =>
        label.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? [label, label[..dot]] : [label];

    private LinearMember? Linear(HashedSet train, int seed)
    {
        if (plan.Ngrams.LinearBits == 0) return null;
        var linear = new LinearMember(plan.Ngrams, _settings, train, (seed * 1000) + 900);
        for (var pass = 0; pass < _settings.LinearPasses; pass++) linear.Pass((double)pass / _settings.LinearPasses, (pass + 1.0) / _settings.LinearPasses);
        return linear;
    }

    /// <summary>What teaches the members: the labelled texts, and of the corpus what the linear part mistakes most. It would itself lose by them.</summary>
    private HashedSet WithHarmless(TrainingData data, HashedSet train, LinearMember? linear, string[] labels, int seed)
    {
        if (data.Harmless.Count == 0 || linear is null) return train;
        var corpus = HashedSet.Make(plan.Ngrams, data.Harmless, labels);
        return train.With(plan.Ngrams, HashedSet.Make(plan.Ngrams, [.. HarmlessChoice.Choose(_settings, corpus, linear, seed)], labels));
    }

    private BagNetwork Pass(HashedSet train, LinearMember? linear, HashedSet a, HashedSet own, string[] labels, int seed, Stopwatch clock, TimeSpan limit)
    {
        var members = Enumerable.Range(0, _settings.Members).Select(m => new Member(plan.Ngrams, _settings, labels.Length, train, (seed * 1000) + m)).ToArray();
        BagNetwork? best = null;
        var (bestScore, bestPass) = (double.NegativeInfinity, 0);
        for (var pass = 0; pass < _settings.Epochs && pass - bestPass < Patience && clock.Elapsed < limit; pass++)
        {
            var losses = new double[members.Length];
            // Each member is one thread's own, so the result depends on the seed alone.
            Parallel.For(0, members.Length, m => losses[m] = members[m].Pass((double)pass / _settings.Epochs, (double)(pass + 1) / _settings.Epochs, share =>
            {
                if (m == 0) bar?.Show($"pass {pass + 1}", share);
            }));
            bar?.Clear();
            var network = Joining.Join(plan.Ngrams, _settings, labels, members, linear);
            var (seenA, seenOwn) = (Scoring.Read(network, a), Scoring.Read(network, own));
            var (share, handicap) = linear is null ? (0, 0f) : Blending.Fit(network, () => [.. Scoring.Any(network, a, seenA).Select(pair => Scoring.Logit(pair.Score))], Worth);
            var scored = Scoring.Any(network, a, seenA);
            var loss = scored.Average(pair => -Math.Log(Math.Max(1e-7, pair.Positive ? pair.Score : 1 - pair.Score)));
            var auroc = Metrics.Auroc(scored);
            var ownAuroc = own.Count == 0 ? auroc : Metrics.Auroc(Scoring.Any(network, own, seenOwn));
            progress.WriteLine($"pass {pass + 1}/{_settings.Epochs}: loss {losses.Average():0.0000}, dev A loss {loss:0.0000}, AUROC {auroc:0.0000}, own {ownAuroc:0.0000}, linear share {share:0.0}, handicap {handicap:0.00}, {clock.Elapsed.TotalSeconds:0} s");
            var score = Mixed(auroc, ownAuroc);
            if (score <= bestScore) continue;
            (best, bestScore, bestPass) = (network, score, pass);
            keep?.Invoke(network);

            double Worth()
            {
                var reached = Metrics.Auroc(Scoring.Any(network, a, seenA));
                return Mixed(reached, own.Count == 0 ? reached : Metrics.Auroc(Scoring.Any(network, own, seenOwn)));
            }
        }

        return best ?? throw new InvalidOperationException("no time was left for a single pass");
    }

    /// <summary>The order counts, not the loss: how sure the scores are is put right by calibration. Own pairs are few: they weigh a tenth.</summary>
    private static double Mixed(double auroc, double ownAuroc) => (0.9 * auroc) + (0.1 * ownAuroc);

    private static List<ScoredText> Score(BagNetwork network, HashedSet set)
    {
        var scores = Scoring.Score(network, set);
        return [.. set.Examples.Select((example, i) => new ScoredText(example, scores[i]))];
    }

    /// <summary>
    /// On dev A. A label that half A hardly has is calibrated on own pairs as well: their harmless halves are harder than what
    /// mostly comes, so that its probabilities are rather too low than too high.
    /// </summary>
    private void Calibrate(BagNetwork network, HashedSet a, HashedSet own)
    {
        var texts = Score(network, a);
        var pairs = Score(network, own);
        for (var l = 0; l < network.Labels.Length; l++)
        {
            var label = l;
            var (slope, offset) = Calibration.Fit([.. (l == 0 ? texts : texts.Concat(pairs)).Where(text => label > 0 || text.Example.IsHarmful || text.Example.IsBenign).Select(text =>
            {
                var positive = label == 0 ? text.Example.IsHarmful : text.Example.Carries(network.Labels[label]);
                // As in training: a harmful text that does not carry a risk may deserve it all the same.
                var weight = label == 0 || positive || text.Example.IsBenign ? 1f : _settings.MissingWeight;
                return (Scoring.Logit(text.Scores[label]), positive, weight);
            })]);
            Calibration.Bake(network, label, slope, offset);
        }
    }
}
