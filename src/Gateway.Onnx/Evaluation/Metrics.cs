namespace Gateway.Onnx.Evaluation;

/// <summary>Figures for one set of scores, positives against negatives.</summary>
internal static class Metrics
{
    /// <summary>Probability that a positive scores above a negative, ties counting half; NaN without both.</summary>
    public static double Auroc(IReadOnlyList<(float Score, bool Positive)> scored)
    {
        var sorted = scored.OrderBy(pair => pair.Score).ToArray();
        double rankSum = 0;
        long positives = 0;
        for (var i = 0; i < sorted.Length;)
        {
            var j = i;
            while (j < sorted.Length && sorted[j].Score == sorted[i].Score) j++;
            var here = sorted.AsSpan(i, j - i).ToArray().Count(pair => pair.Positive);
            rankSum += here * ((i + 1 + j) / 2.0);
            positives += here;
            i = j;
        }

        var negatives = sorted.Length - positives;
        return positives == 0 || negatives == 0 ? double.NaN : (rankSum - (positives * (positives + 1) / 2.0)) / ((double)positives * negatives);
    }

    /// <summary>Mean precision at each positive; NaN without positives.</summary>
    public static double AveragePrecision(IReadOnlyList<(float Score, bool Positive)> scored)
    {
        double sum = 0;
        int positives = 0, seen = 0;
        foreach (var (_, positive) in scored.OrderByDescending(pair => pair.Score))
        {
            seen++;
            if (!positive) continue;
            positives++;
            sum += (double)positives / seen;
        }

        return positives == 0 ? double.NaN : sum / positives;
    }

    public static (double Precision, double Recall, double F1) At(IReadOnlyList<(float Score, bool Positive)> scored, float threshold)
    {
        double hits = scored.Count(pair => pair.Positive && pair.Score >= threshold);
        double flagged = scored.Count(pair => pair.Score >= threshold);
        double positives = scored.Count(pair => pair.Positive);
        var precision = flagged == 0 ? 0 : hits / flagged;
        var recall = positives == 0 ? 0 : hits / positives;
        return (precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }

    /// <summary>The lowest threshold that flags at most a share of the negatives.</summary>
    public static float ThresholdAtFalsePositives(IReadOnlyList<(float Score, bool Positive)> scored, double share)
    {
        var negatives = scored.Where(pair => !pair.Positive).Select(pair => pair.Score).OrderDescending().ToArray();
        var allowed = (int)(share * negatives.Length);
        return negatives.Length == 0 ? 1f : allowed >= negatives.Length ? 0f : MathF.BitIncrement(negatives[allowed]);
    }

    public static double FalsePositives(IReadOnlyList<(float Score, bool Positive)> scored, float threshold)
    {
        double negatives = scored.Count(pair => !pair.Positive);
        return negatives == 0 ? double.NaN : scored.Count(pair => !pair.Positive && pair.Score >= threshold) / negatives;
    }

    /// <summary>Mean distance between probability and frequency over ten bins of probability.</summary>
    public static double CalibrationError(IReadOnlyList<(float Score, bool Positive)> scored) =>
        scored.GroupBy(pair => Math.Min(9, (int)(pair.Score * 10)))
            .Sum(bin => Math.Abs(bin.Average(pair => pair.Score) - bin.Average(pair => pair.Positive ? 1.0 : 0.0)) * bin.Count()) / scored.Count;
}
