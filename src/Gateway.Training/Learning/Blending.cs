using Gateway.Onnx.Features;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>
/// Mixes the linear score into <c>any</c>: both are brought to the same spread, and the share that orders the texts best is kept. The two err
/// on different texts, so that the mixture beats either. Then passages of a text are held to more than the whole: the worst of many looks
/// worse than the only one.
/// </summary>
internal static class Blending
{
    /// <summary>Shares of the linear score that are tried, in tenths.</summary>
    private const int Steps = 10;

    /// <summary>What a passage of half the text must be worse by, in spreads of the logit; the first that is good enough is taken.</summary>
    private static readonly float[] Handicaps = [0f, 0.05f, 0.1f, 0.15f, 0.2f, 0.25f, 0.3f, 0.4f, 0.5f, 0.7f];

    /// <summary>How much worse than with the best handicap texts may be ordered for the sake of harm that hides in a long text.</summary>
    private const double Spared = 0.0004;

    /// <summary>Sets the weights of <c>any</c>.</summary>
    /// <param name="network">A network with a linear part that no output hears yet.</param>
    /// <param name="logits">The logits of <c>any</c> of the texts to steer by.</param>
    /// <param name="worth">How well the network orders them.</param>
    /// <returns>The share of the linear score, and the handicap of a passage of half the text.</returns>
    public static (double Share, float Handicap) Fit(BagNetwork network, Func<IReadOnlyList<float>> logits, Func<double> worth)
    {
        var labels = network.Labels.Length;
        var linear = network.Features - 1;
        var alone = Enumerable.Range(0, linear).Select(f => network.OutputWeights[f * labels]).ToArray();
        var bias = network.OutputBias[0];
        var spread = Spread(logits());
        Set(0, 1);
        var linearSpread = Spread(logits());

        var (best, highest) = (0, double.NegativeInfinity);
        for (var step = 0; step <= Steps; step++)
        {
            Mix(step);
            var reached = worth();
            if (reached > highest) (best, highest) = (step, reached);
        }

        Mix(best);
        return (best / (double)Steps, Handicap(network, worth));

        void Mix(int step)
        {
            var share = step / (double)Steps;
            Set((1 - share) / spread.Deviation, share / linearSpread.Deviation);
            network.OutputBias[0] = (float)(((1 - share) * (bias - spread.Mean) / spread.Deviation) - (share * linearSpread.Mean / linearSpread.Deviation));
        }

        void Set(double bag, double score)
        {
            for (var f = 0; f < linear; f++) network.OutputWeights[f * labels] = (float)(alone[f] * bag);
            network.OutputWeights[linear * labels] = (float)score;
            network.OutputBias[0] = 0;
        }
    }

    /// <summary>The traits say how long window and text are: their difference is what a passage is less than the whole.</summary>
    private static float Handicap(BagNetwork network, Func<double> worth)
    {
        var window = (network.Hidden + network.Inputs - NgramTraits.Count + 2) * network.Labels.Length;
        var text = window + network.Labels.Length;
        var (windowAlone, textAlone) = (network.OutputWeights[window], network.OutputWeights[text]);
        var reached = Handicaps.Select(handicap =>
        {
            Set(handicap);
            return worth();
        }).ToArray();
        var chosen = Handicaps[Array.FindIndex(reached, value => value >= reached.Max() - Spared)];
        Set(chosen);
        return chosen;

        void Set(float handicap)
        {
            network.OutputWeights[window] = windowAlone + (handicap * NgramTraits.LengthUnit);
            network.OutputWeights[text] = textAlone - (handicap * NgramTraits.LengthUnit);
        }
    }

    private static (double Mean, double Deviation) Spread(IReadOnlyList<float> logits)
    {
        var mean = logits.Average(logit => (double)logit);
        return (mean, Math.Max(1e-6, Math.Sqrt(logits.Average(logit => (logit - mean) * (logit - mean)))));
    }
}
