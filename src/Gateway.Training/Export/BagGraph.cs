using Gateway.Onnx.Features;
using Gateway.Onnx.Models;

namespace Gateway.Training.Export;

/// <summary>Writes a <see cref="BagNetwork"/> as an ONNX graph.</summary>
internal static class BagGraph
{
    public static byte[] Write(BagNetwork network, ModelInput input, ModelOutput output)
    {
        var (width, hidden, labels) = (network.Width, network.Hidden, network.Labels.Length);
        var rowIds = network.Settings.RowIds;
        var ones = new float[rowIds];
        ones.AsSpan().Fill(1f);
        return new OnnxGraph("bag")
            .Int32Input(input.IdsTensor, "rows", rowIds)
            .FloatInput(input.WindowsTensor, "windows", "rows")
            .FloatInput(input.TraitsTensor, "windows", NgramTraits.Count)
            .FloatOutput(output.Tensor, "windows", labels)
            .Int8Constant("table", network.Table, network.Settings.Buckets + 1, width)
            .FloatConstant("units", network.Units, 1, width)
            .Int64Constant("axis", [1], 1)
            .FloatConstant("hidden_weights", network.HiddenWeights, network.Inputs, hidden)
            .FloatConstant("hidden_bias", network.HiddenBias, hidden)
            .FloatConstant("output_weights", network.OutputWeights, network.Features, labels)
            .FloatConstant("output_bias", network.OutputBias, labels)
            .FloatConstant("ones", ones, 1, rowIds)
            // Sums of rows of ids: [rows, rowIds] → [rows, rowIds, width] → [rows, width]. Multiplying with a row of ones
            // sums a quarter faster than ReduceSum does, and integers (MatMulInteger) are slower than both.
            .Node("Gather", "gathered", ["table", input.IdsTensor], ("axis", 0))
            .Node("Cast", "numbers", ["gathered"], ("to", 1))
            .Node("MatMul", "summed", ["ones", "numbers"])
            .Node("Squeeze", "sums", ["summed", "axis"])
            // Windows are weighted sums of rows.
            .Node("MatMul", "bags", [input.WindowsTensor, "sums"])
            .Node("Mul", "scaled", ["bags", "units"])
            .Node("Concat", "inputs", ["scaled", input.TraitsTensor], ("axis", 1))
            .Node("Gemm", "hidden_raw", ["inputs", "hidden_weights", "hidden_bias"])
            .Node("Relu", "hidden", ["hidden_raw"])
            .Node("Concat", "features", ["hidden", "inputs"], ("axis", 1))
            .Node("Gemm", output.Tensor, ["features", "output_weights", "output_bias"])
            .ToBytes();
    }
}
