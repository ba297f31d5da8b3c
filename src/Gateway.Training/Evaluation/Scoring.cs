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

    /// <summary>What the outputs see of each window, [example][window]; read once, it can be answered for many weights of the outputs.</summary>
    public static float[][][] Read(BagNetwork network, HashedSet set)
    {
        var features = new float[set.Count][][];
        Parallel.For(0, set.Count, example =>
        {
            Span<float> traits = stackalloc float[NgramTraits.Count];
            features[example] = new float[set.Windows(example)][];
            for (var window = 0; window < features[example].Length; window++)
            {
                var ids = set.WindowIds(example, window);
                set.Traits(example, ids.Length, set.Ids(example).Length, traits);
                features[example][window] = network.Read(ids, traits);
            }
        });
        return features;
    }

    /// <summary>Probabilities of <c>any</c> of the texts that are harmful or harmless.</summary>
    public static List<(float Score, bool Positive)> Any(BagNetwork network, HashedSet set, float[][][] features)
    {
        var scores = new float[set.Count];
        Parallel.For(0, set.Count, example =>
        {
            foreach (var window in features[example]) scores[example] = Math.Max(scores[example], network.Answer(window, 0));
        });
        return [.. Enumerable.Range(0, set.Count).Where(i => set.IsHarmful(i) || set.IsBenign(i)).Select(i => (scores[i], set.IsHarmful(i)))];
    }

    public static float Logit(float probability) =>
        probability <= 0 ? -Sure : probability >= 1 ? Sure : Math.Clamp(MathF.Log(probability / (1 - probability)), -Sure, Sure);
}
