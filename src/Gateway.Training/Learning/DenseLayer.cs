using System.Numerics;

namespace Gateway.Training.Learning;

/// <summary>A small fully connected layer with Adagrad. Weights lie [inputs, outputs], as ONNX wants them.</summary>
internal sealed class DenseLayer
{
    private readonly int _outputs;
    private readonly int _inputs;
    private readonly float[] _weightSums;
    private readonly float[] _biasSums;

    public DenseLayer(int inputs, int outputs, Random random)
    {
        (_inputs, _outputs) = (inputs, outputs);
        Weights = new float[inputs * outputs];
        Bias = new float[outputs];
        _weightSums = new float[Weights.Length];
        _biasSums = new float[outputs];
        _weightSums.AsSpan().Fill(0.1f);
        _biasSums.AsSpan().Fill(0.1f);
        var range = Math.Sqrt(6.0 / (inputs + outputs));
        for (var i = 0; i < Weights.Length; i++) Weights[i] = (float)(((random.NextDouble() * 2) - 1) * range);
    }

    public float[] Weights { get; }

    public float[] Bias { get; }

    public void Forward(ReadOnlySpan<float> input, Span<float> output)
    {
        Bias.CopyTo(output);
        for (var i = 0; i < _inputs; i++)
        {
            var x = input[i];
            if (x == 0) continue;
            var weights = Weights.AsSpan(i * _outputs, _outputs);
            var o = 0;
            for (; o <= _outputs - Vector<float>.Count; o += Vector<float>.Count)
                (new Vector<float>(output[o..]) + (new Vector<float>(weights[o..]) * x)).CopyTo(output[o..]);
            for (; o < _outputs; o++) output[o] += weights[o] * x;
        }
    }

    /// <summary>Adds the gradients of the inputs to <paramref name="inputGradients"/>, then takes a step.</summary>
    public void Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> gradients, Span<float> inputGradients, float step)
    {
        for (var i = 0; i < _inputs; i++)
        {
            var weights = Weights.AsSpan(i * _outputs, _outputs);
            inputGradients[i] += Dot(weights, gradients);
            if (input[i] != 0) Step(weights, _weightSums.AsSpan(i * _outputs, _outputs), gradients, input[i], step);
        }

        Step(Bias, _biasSums, gradients, 1, step);
    }

    private static float Dot(ReadOnlySpan<float> weights, ReadOnlySpan<float> gradients)
    {
        var sums = Vector<float>.Zero;
        var o = 0;
        for (; o <= weights.Length - Vector<float>.Count; o += Vector<float>.Count) sums += new Vector<float>(weights[o..]) * new Vector<float>(gradients[o..]);
        var sum = Vector.Sum(sums);
        for (; o < weights.Length; o++) sum += weights[o] * gradients[o];
        return sum;
    }

    private static void Step(Span<float> weights, Span<float> sums, ReadOnlySpan<float> gradients, float input, float step)
    {
        var o = 0;
        for (; o <= weights.Length - Vector<float>.Count; o += Vector<float>.Count)
        {
            var gradient = new Vector<float>(gradients[o..]) * input;
            var sum = new Vector<float>(sums[o..]) + (gradient * gradient);
            sum.CopyTo(sums[o..]);
            (new Vector<float>(weights[o..]) - (gradient * step / Vector.SquareRoot(sum))).CopyTo(weights[o..]);
        }

        for (; o < weights.Length; o++)
        {
            var gradient = gradients[o] * input;
            sums[o] += gradient * gradient;
            weights[o] -= gradient * step / MathF.Sqrt(sums[o]);
        }
    }
}
