namespace Gateway.Onnx.Evaluation;

/// <summary>
/// The figures of a sample and of resamples of it. Sorted once: a resample is a number of copies per text, so that each
/// costs one pass.
/// </summary>
internal sealed class Bootstrap
{
    /// <summary>Resamples per figure.</summary>
    public const int Resamples = 200;

    private readonly (float Score, bool Positive)[] _descending;

    public Bootstrap(IEnumerable<(float Score, bool Positive)> scored) => _descending = [.. scored.OrderByDescending(pair => pair.Score)];

    /// <summary>Precision, recall, F1 at 0.5; AUROC; average precision; recall at 1 % and 2 % false positives.</summary>
    public Figure[] Figures(int seed)
    {
        var random = new Random(seed);
        var copies = new int[_descending.Length];
        copies.AsSpan().Fill(1);
        var values = Of(copies);
        var resampled = values.Select(_ => new double[Resamples]).ToArray();
        for (var r = 0; r < Resamples; r++)
        {
            copies.AsSpan().Clear();
            for (var n = 0; n < copies.Length; n++) copies[random.Next(copies.Length)]++;
            var one = Of(copies);
            for (var f = 0; f < one.Length; f++) resampled[f][r] = one[f];
        }

        return [.. values.Select((value, f) => Figure.From(value, resampled[f]))];
    }

    private double[] Of(int[] copies)
    {
        long positives = 0, negatives = 0;
        for (var i = 0; i < copies.Length; i++)
            if (_descending[i].Positive) positives += copies[i];
            else negatives += copies[i];
        if (positives == 0 || negatives == 0) return [double.NaN, positives == 0 ? double.NaN : AtHalf(copies, positives).Recall, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN];

        double ordered = 0, precisions = 0;
        long hits = 0, misses = 0;
        double at1 = 0, at2 = 0;
        for (var i = 0; i < copies.Length;)
        {
            // Equal scores are one step: no order among them is better than another.
            long hitsHere = 0, missesHere = 0;
            var score = _descending[i].Score;
            for (; i < copies.Length && _descending[i].Score == score; i++)
                if (_descending[i].Positive) hitsHere += copies[i];
                else missesHere += copies[i];
            ordered += hitsHere * (negatives - misses - (missesHere / 2.0));
            hits += hitsHere;
            misses += missesHere;
            if (hitsHere > 0) precisions += hitsHere * ((double)hits / (hits + misses));
            if (misses <= 0.01 * negatives) at1 = (double)hits / positives;
            if (misses <= 0.02 * negatives) at2 = (double)hits / positives;
        }

        var (precision, recall, f1) = AtHalf(copies, positives);
        return [precision, recall, f1, ordered / ((double)positives * negatives), precisions / positives, at1, at2];
    }

    private (double Precision, double Recall, double F1) AtHalf(int[] copies, long positives)
    {
        long hits = 0, flagged = 0;
        for (var i = 0; i < copies.Length && _descending[i].Score >= 0.5f; i++)
        {
            flagged += copies[i];
            if (_descending[i].Positive) hits += copies[i];
        }

        var precision = flagged == 0 ? 0 : (double)hits / flagged;
        var recall = (double)hits / positives;
        return (precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }
}
