using Gateway.Onnx.Features;

namespace Gateway.Training.Export;

/// <summary>
/// A trained network as it is shipped: a table of small integers, one row per n-gram bucket, whose rows are summed over a
/// window; local units that look at the sum of one row of ids at a time and are pooled near their maximum; beside both, for
/// finer ids, a linear score: evidence over its own size; a hidden layer over the sum, the local units and the traits; and one
/// logistic output per label that sees the hidden layer, what that sees, and the linear score.
/// </summary>
internal sealed class BagNetwork(NgramSettings settings, int width, int hidden, int local, string[] labels)
{
    public NgramSettings Settings => settings;

    /// <summary>Numbers per bucket.</summary>
    public int Width => width;

    public int Hidden => hidden;

    /// <summary>Units that look at one row of ids at a time.</summary>
    public int Local => local;

    public string[] Labels => labels;

    /// <summary>What the hidden layer sees: the sum, the local units and the traits.</summary>
    public int Inputs => width + local + NgramTraits.Count;

    /// <summary>Whether there is a linear part.</summary>
    public bool IsLinear => settings.LinearBits > 0;

    /// <summary>What the outputs see: the hidden layer, then the hidden layer's own inputs, then the linear score.</summary>
    public int Features => hidden + Inputs + (IsLinear ? 1 : 0);

    /// <summary>[buckets + 1, width]; row 0 is padding and stays 0.</summary>
    public sbyte[] Table { get; } = new sbyte[(settings.Buckets + 1) * width];

    /// <summary>What one unit of a column of the table is worth.</summary>
    public float[] Units { get; } = new float[width];

    /// <summary>[highest id + 1, 2]: what an id says, and the square of how much it says at all. Row 0 is padding and stays 0.</summary>
    public sbyte[] Linear { get; } = new sbyte[settings.LinearBits > 0 ? (settings.HighestId + 1) * 2 : 0];

    /// <summary>What one unit of a column of <see cref="Linear"/> is worth.</summary>
    public float[] LinearUnits { get; } = new float[2];

    /// <summary>Keeps a window without evidence from dividing by nothing.</summary>
    public const float LeastEvidence = 1e-3f;

    /// <summary>[inputs, hidden]; applied to the sum in real numbers.</summary>
    public float[] HiddenWeights { get; } = new float[(width + local + NgramTraits.Count) * hidden];

    /// <summary>[width, local]; applied to the sum of a row in real numbers.</summary>
    public float[] LocalWeights { get; } = new float[width * local];

    public float[] LocalBias { get; } = new float[local];

    /// <summary>Keeps the root of a unit that says nothing apart from 0.</summary>
    public const float LeastPower = 1e-6f;

    public float[] HiddenBias { get; } = new float[hidden];

    /// <summary>[features, labels].</summary>
    public float[] OutputWeights { get; } = new float[(hidden + width + local + NgramTraits.Count + (settings.LinearBits > 0 ? 1 : 0)) * labels.Length];

    public float[] OutputBias { get; } = new float[labels.Length];

    /// <summary>The probabilities of one window, computed plainly: what the exported graph must answer too.</summary>
    public float[] Forward(ReadOnlySpan<int> ids, ReadOnlySpan<float> traits)
    {
        var features = Read(ids, traits);
        return [.. Enumerable.Range(0, labels.Length).Select(label => Answer(features, label))];
    }

    /// <summary>What the outputs see of a window. It depends on no weight of the outputs.</summary>
    public float[] Read(ReadOnlySpan<int> ids, ReadOnlySpan<float> traits)
    {
        var features = new float[Features];
        Span<double> powers = stackalloc double[local];
        powers.Clear();
        Span<long> sums = stackalloc long[width], row = stackalloc long[width];
        sums.Clear();
        for (var first = 0; first < ids.Length; first += settings.RowIds)
        {
            row.Clear();
            foreach (var id in ids[first..Math.Min(first + settings.RowIds, ids.Length)])
                for (var d = 0; d < width; d++) row[d] += Table[(settings.Bucket(id) * width) + d];
            for (var d = 0; d < width; d++) sums[d] += row[d];
            AddPowers(row, powers);
        }

        var scale = NgramTraits.Scale(ids.Length);
        for (var d = 0; d < width; d++) features[hidden + d] = sums[d] * scale * Units[d];
        for (var u = 0; u < local; u++) features[hidden + width + u] = Root((float)powers[u]);
        traits.CopyTo(features.AsSpan(hidden + width + local));
        if (IsLinear) features[^1] = LinearScore(ids);
        for (var h = 0; h < hidden; h++)
        {
            double value = HiddenBias[h];
            for (var i = 0; i < Inputs; i++) value += features[hidden + i] * HiddenWeights[(i * hidden) + h];
            features[h] = (float)Math.Max(0, value);
        }

        return features;
    }

    /// <summary>The probability of one label, from what the outputs see.</summary>
    public float Answer(ReadOnlySpan<float> features, int label)
    {
        double value = OutputBias[label];
        for (var f = 0; f < features.Length; f++) value += features[f] * OutputWeights[(f * labels.Length) + label];
        return (float)(1 / (1 + Math.Exp(-value)));
    }

    /// <summary>What the sum of a row is multiplied with before the local units see it.</summary>
    public static float RowScale(NgramSettings settings) => 1 / MathF.Sqrt(settings.RowIds);

    /// <summary>What a window has of a local unit, from the sum of the fourth powers over its rows.</summary>
    public static float Root(float powers) => MathF.Sqrt(MathF.Sqrt(powers + LeastPower));

    private void AddPowers(ReadOnlySpan<long> row, Span<double> powers)
    {
        var scale = RowScale(settings);
        for (var u = 0; u < local; u++)
        {
            double value = LocalBias[u];
            for (var d = 0; d < width; d++) value += row[d] * scale * Units[d] * LocalWeights[(d * local) + u];
            if (value > 0) powers[u] += value * value * value * value;
        }
    }

    private float LinearScore(ReadOnlySpan<int> ids)
    {
        long evidence = 0, size = 0;
        foreach (var id in ids)
        {
            if (id <= 0) continue;
            evidence += Linear[2 * id];
            size += Linear[(2 * id) + 1];
        }

        return evidence * LinearUnits[0] / MathF.Sqrt((size * LinearUnits[1]) + LeastEvidence);
    }
}
