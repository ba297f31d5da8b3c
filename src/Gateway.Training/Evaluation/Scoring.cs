using Gateway.Onnx.Features;
using Gateway.Training.Data;
using Gateway.Training.Export;

namespace Gateway.Training.Evaluation;

/// <summary>Scores examples as serving does: window by window, the highest counts.</summary>
internal static class Scoring
{
    /// <summary>Logit from which a probability no longer differs from 1 in a float.</summary>
    private const float Sure = 16f;

    /// <summary>Probabilities, [example][label].</summary>
    public static float[][] Score(BagNetwork network, HashedSet set)
    {
        var scores = new float[set.Count][];
        Parallel.For(0, set.Count, example =>
        {
            Span<float> traits = stackalloc float[NgramTraits.Count];
            var pooled = new float[network.Labels.Length];
            for (var window = 0; window < set.Windows(example); window++)
            {
                var ids = set.WindowIds(example, window);
                set.Traits(example, ids.Length, set.Ids(example).Length, traits);
                var one = network.Forward(ids, traits);
                for (var l = 0; l < pooled.Length; l++) pooled[l] = Math.Max(pooled[l], one[l]);
            }

            scores[example] = pooled;
        });
        return scores;
    }

    public static float Logit(float probability) =>
        probability <= 0 ? -Sure : probability >= 1 ? Sure : Math.Clamp(MathF.Log(probability / (1 - probability)), -Sure, Sure);
}
