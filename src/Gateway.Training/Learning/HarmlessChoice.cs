using Gateway.Onnx.Evaluation;
using Gateway.Training.Data;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>
/// Which harmless texts of the corpus teach: those that the linear part, taught without them, takes for the most harmful, and others by chance, so that
/// not only what was mistaken is seen.
/// </summary>
internal static class HarmlessChoice
{
    public static IEnumerable<Example> Choose(LearningSettings settings, HashedSet corpus, LinearMember judge, int seed)
    {
        var evidence = judge.Evidence();
        var scores = Enumerable.Range(0, corpus.Count).Select(i => Worst(corpus, i, evidence, judge)).ToArray();
        int[] order = [.. Enumerable.Range(0, corpus.Count).OrderByDescending(i => scores[i])];
        var others = order[Math.Min(settings.HardTexts, order.Length)..];
        new Random(seed).Shuffle(others);
        return order.Take(settings.HardTexts).Concat(others.Take(settings.CalmTexts)).Select(i => corpus.Examples[i]);
    }

    private static float Worst(HashedSet corpus, int example, float[] evidence, LinearMember judge)
    {
        var worst = float.NegativeInfinity;
        for (var window = 0; window < corpus.Windows(example); window++)
        {
            float sum = 0;
            var size = 0;
            foreach (var id in corpus.WindowIds(example, window))
            {
                if (id <= 0) continue;
                sum += evidence[id];
                size += judge.Sizes[id];
            }

            worst = Math.Max(worst, sum / MathF.Sqrt((size * LinearMember.UnitOfSizes) + BagNetwork.LeastEvidence));
        }

        return worst;
    }
}
