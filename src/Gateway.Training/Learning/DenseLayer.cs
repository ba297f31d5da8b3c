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
            var x = input[i];
            float back = 0;
            for (var o = 0; o < _outputs; o++)
            {
                var at = (i * _outputs) + o;
                back += Weights[at] * gradients[o];
                if (x != 0) Step(ref Weights[at], ref _weightSums[at], gradients[o] * x, step);
            }

            inputGradients[i] += back;
        }

        for (var o = 0; o < _outputs; o++) Step(ref Bias[o], ref _biasSums[o], gradients[o], step);
    }

    private static void Step(ref float weight, ref float sum, float gradient, float step)
    {
        sum += gradient * gradient;
        weight -= step * gradient / MathF.Sqrt(sum);
    }
}
