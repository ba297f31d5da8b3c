using Gateway.Onnx.Features;

namespace Gateway.Training.Export;

/// <summary>
/// A trained network as it is shipped: a table of small integers, one row per n-gram bucket, whose rows are summed over a
/// window; a hidden layer over the sum and the traits; and one logistic output per label that sees the sum, the traits
/// and the hidden layer.
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

    /// <summary>What the outputs see: the hidden layer, then the hidden layer's own inputs.</summary>
    public int Features => hidden + Inputs;

    /// <summary>[buckets + 1, width]; row 0 is padding and stays 0.</summary>
    public sbyte[] Table { get; } = new sbyte[(settings.Buckets + 1) * width];

    /// <summary>What one unit of a column of the table is worth.</summary>
    public float[] Units { get; } = new float[width];

    /// <summary>[inputs, hidden]; applied to the sum in real numbers.</summary>
    public float[] HiddenWeights { get; } = new float[(width + NgramTraits.Count) * hidden];

    public float[] HiddenBias { get; } = new float[hidden];

    /// <summary>[features, labels].</summary>
    public float[] OutputWeights { get; } = new float[(hidden + width + NgramTraits.Count) * labels.Length];

    public float[] OutputBias { get; } = new float[labels.Length];

    /// <summary>The probabilities of one window, computed plainly: what the exported graph must answer too.</summary>
    public float[] Forward(ReadOnlySpan<int> ids, ReadOnlySpan<float> traits)
    {
        Span<long> sums = stackalloc long[width];
        sums.Clear();
        foreach (var id in ids)
            for (var d = 0; d < width; d++) sums[d] += Table[(id * width) + d];

        var features = new float[Features];
        var scale = NgramTraits.Scale(ids.Length);
        for (var d = 0; d < width; d++) features[hidden + d] = sums[d] * scale * Units[d];
        traits.CopyTo(features.AsSpan(hidden + width));
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
}
