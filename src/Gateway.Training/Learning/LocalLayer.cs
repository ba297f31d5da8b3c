using System.Numerics;

namespace Gateway.Training.Learning;

/// <summary>
/// Units that look at one row of n-grams, a few words, at a time: linear, then nothing below 0. What a window has of a unit is the fourth root
/// of the sum of fourth powers over its rows, which is near their maximum: the rest of a long text does not drown what one row says.
/// Adagrad; gradients gather over the rows of a text.
/// </summary>
internal sealed class LocalLayer
{
    private readonly int _width;
    private readonly int _units;
    private readonly float[] _gradients;
    private readonly float[] _weightSums;
    private readonly float[] _biasGradients;
    private readonly float[] _biasSums;

    public LocalLayer(int width, int units, Random random)
    {
        (_width, _units) = (width, units);
        Weights = new float[width * units];
        Bias = new float[units];
        _gradients = new float[Weights.Length];
        _weightSums = new float[Weights.Length];
        _biasGradients = new float[units];
        _biasSums = new float[units];
        _weightSums.AsSpan().Fill(0.1f);
        _biasSums.AsSpan().Fill(0.1f);
        var range = Math.Sqrt(6.0 / (width + units));
        for (var i = 0; i < Weights.Length; i++) Weights[i] = (float)(((random.NextDouble() * 2) - 1) * range);
    }

    /// <summary>[width, units].</summary>
    public float[] Weights { get; }

    public float[] Bias { get; }

    /// <summary>What the units say of a row whose embeddings are summed.</summary>
    public void Forward(ReadOnlySpan<float> row, float scale, Span<float> units)
    {
        Bias.CopyTo(units);
        for (var i = 0; i < _width; i++)
        {
            var x = new Vector<float>(row[i] * scale);
            for (var u = 0; u < _units; u += Vector<float>.Count)
                (new Vector<float>(units[u..]) + (x * new Vector<float>(Weights, (i * _units) + u))).CopyTo(units[u..]);
        }

        for (var u = 0; u < _units; u += Vector<float>.Count)
            Vector.Max(Vector<float>.Zero, new Vector<float>(units[u..])).CopyTo(units[u..]);
    }

    /// <summary>Gathers the gradients of a row, and adds those of its sum to <paramref name="back"/>.</summary>
    public void Backward(ReadOnlySpan<float> row, float scale, ReadOnlySpan<float> gradients, Span<float> back)
    {
        for (var u = 0; u < _units; u++) _biasGradients[u] += gradients[u];
        for (var i = 0; i < _width; i++)
        {
            var x = new Vector<float>(row[i] * scale);
            var sum = Vector<float>.Zero;
            for (var u = 0; u < _units; u += Vector<float>.Count)
            {
                var gradient = new Vector<float>(gradients[u..]);
                sum += gradient * new Vector<float>(Weights, (i * _units) + u);
                (new Vector<float>(_gradients, (i * _units) + u) + (gradient * x)).CopyTo(_gradients, (i * _units) + u);
            }

            back[i] += Vector.Sum(sum) * scale;
        }
    }

    /// <summary>Takes a step with what has gathered.</summary>
    public void Step(float step)
    {
        Step(Weights, _gradients, _weightSums, step);
        Step(Bias, _biasGradients, _biasSums, step);
    }

    private static void Step(float[] values, float[] gradients, float[] sums, float step)
    {
        var rate = new Vector<float>(step);
        for (var i = 0; i < values.Length; i += Vector<float>.Count)
        {
            var gradient = new Vector<float>(gradients, i);
            var sum = new Vector<float>(sums, i) + (gradient * gradient);
            sum.CopyTo(sums, i);
            (new Vector<float>(values, i) - (rate * gradient / Vector.SquareRoot(sum))).CopyTo(values, i);
            Vector<float>.Zero.CopyTo(gradients, i);
        }
    }
}
