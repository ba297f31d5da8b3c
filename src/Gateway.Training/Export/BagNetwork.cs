using Gateway.Onnx.Features;

namespace Gateway.Training.Export;

/// <summary>
/// A trained network as it is shipped: a table of small integers, one row per n-gram bucket, whose rows are summed over a
/// window; beside it, for finer ids, a linear score: evidence over its own size; a hidden layer over the sum and the traits; and one logistic
/// output per label that sees the hidden layer, the sum, the traits and the linear score.
/// </summary>
internal sealed class BagNetwork(NgramSettings settings, int width, int hidden, string[] labels)
{
    public NgramSettings Settings => settings;

    /// <summary>Numbers per bucket.</summary>
    public int Width => width;

    public int Hidden => hidden;

    public string[] Labels => labels;

    /// <summary>What the hidden layer sees: the sum and the traits.</summary>
    public int Inputs => width + NgramTraits.Count;

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
    public float[] HiddenWeights { get; } = new float[(width + NgramTraits.Count) * hidden];

    public float[] HiddenBias { get; } = new float[hidden];

    /// <summary>[features, labels].</summary>
    public float[] OutputWeights { get; } = new float[(hidden + width + NgramTraits.Count + (settings.LinearBits > 0 ? 1 : 0)) * labels.Length];

    public float[] OutputBias { get; } = new float[labels.Length];

    /// <summary>The probabilities of one window, computed plainly: what the exported graph must answer too.</summary>
    public float[] Forward(ReadOnlySpan<int> ids, ReadOnlySpan<float> traits)
    {
        Span<long> sums = stackalloc long[width];
        sums.Clear();
        foreach (var id in ids)
            for (var d = 0; d < width; d++) sums[d] += Table[(settings.Bucket(id) * width) + d];

        var features = new float[Features];
        var scale = NgramTraits.Scale(ids.Length);
        for (var d = 0; d < width; d++) features[hidden + d] = sums[d] * scale * Units[d];
        traits.CopyTo(features.AsSpan(hidden + width));
        if (IsLinear) features[^1] = LinearScore(ids);
        for (var h = 0; h < hidden; h++)
        {
            double value = HiddenBias[h];
            for (var i = 0; i < Inputs; i++) value += features[hidden + i] * HiddenWeights[(i * hidden) + h];
            features[h] = (float)Math.Max(0, value);
        }

        var scores = new float[labels.Length];
        for (var l = 0; l < scores.Length; l++)
        {
            double value = OutputBias[l];
            for (var f = 0; f < Features; f++) value += features[f] * OutputWeights[(f * scores.Length) + l];
            scores[l] = (float)(1 / (1 + Math.Exp(-value)));
        }

        return scores;
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
