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
        var graph = new OnnxGraph("bag")
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
            .FloatConstant("ones", ones, 1, rowIds);
        // Which rows a window has, without the scale of its bag.
        if (network.IsLinear || network.Local > 0) graph.Node("Sign", "members", [input.WindowsTensor]);
        if (network.IsLinear) AddLinear(graph, network, input);
        graph
            // Sums of rows of ids: [rows, rowIds] → [rows, rowIds, width] → [rows, width]. Multiplying with a row of ones
            // sums a quarter faster than ReduceSum does, and integers (MatMulInteger) are slower than both.
            .Node("Gather", "gathered", ["table", network.IsLinear ? "buckets" : input.IdsTensor], ("axis", 0))
            .Node("Cast", "numbers", ["gathered"], ("to", 1))
            .Node("MatMul", "summed", ["ones", "numbers"])
            .Node("Squeeze", "sums", ["summed", "axis"]);
        if (network.Local > 0) AddLocal(graph, network);
        return graph
            // Windows are weighted sums of rows.
            .Node("MatMul", "bags", [input.WindowsTensor, "sums"])
            .Node("Mul", "scaled", ["bags", "units"])
            .Node("Concat", "inputs", ["scaled", .. network.Local > 0 ? ["local"] : Array.Empty<string>(), input.TraitsTensor], ("axis", 1))
            .Node("Gemm", "hidden_raw", ["inputs", "hidden_weights", "hidden_bias"])
            .Node("Relu", "hidden", ["hidden_raw"])
            .Node("Concat", "features", network.IsLinear ? ["hidden", "inputs", "linear_score"] : ["hidden", "inputs"], ("axis", 1))
            .Node("Gemm", output.Tensor, ["features", "output_weights", "output_bias"])
            .ToBytes();
    }

    /// <summary>Adds <c>local</c>, what each window has of the units that look at one row: the fourth root of the sum of their fourth powers.</summary>
    private static void AddLocal(OnnxGraph graph, BagNetwork network)
    {
        var weights = new float[network.LocalWeights.Length];
        var scale = BagNetwork.RowScale(network.Settings);
        for (var i = 0; i < weights.Length; i++) weights[i] = network.LocalWeights[i] * scale * network.Units[i / network.Local];
        graph
            .FloatConstant("local_weights", weights, network.Width, network.Local)
            .FloatConstant("local_bias", network.LocalBias, network.Local)
            .FloatConstant("local_least", [BagNetwork.LeastPower], 1)
            .Node("Gemm", "local_raw", ["sums", "local_weights", "local_bias"])
            .Node("Relu", "local_rows", ["local_raw"])
            .Node("Mul", "local_squares", ["local_rows", "local_rows"])
            .Node("Mul", "local_powers", ["local_squares", "local_squares"])
            .Node("MatMul", "local_windows", ["members", "local_powers"])
            .Node("Add", "local_at_least", ["local_windows", "local_least"])
            .Node("Sqrt", "local_root", ["local_at_least"])
            .Node("Sqrt", "local", ["local_root"]);
    }

    /// <summary>Adds <c>buckets</c>, the rows of the table that ids belong to, and <c>linear_score</c>, evidence over the root of its size.</summary>
    private static void AddLinear(OnnxGraph graph, BagNetwork network, ModelInput input)
    {
        var finer = 1 << network.Settings.LinearBits;
        graph
            .Int8Constant("linear", network.Linear, network.Settings.HighestId + 1, 2)
            .FloatConstant("linear_evidence", [network.LinearUnits[0], 0], 2, 1)
            .FloatConstant("linear_size", [0, network.LinearUnits[1]], 2, 1)
            .FloatConstant("linear_least", [BagNetwork.LeastEvidence], 1)
            .Int32Constant("finer", [finer], 1)
            .Int32Constant("finer_less_one", [finer - 1], 1)
            .Int32Constant("none", [0], 1)
            // Repetitions are negative: part of the bag, not of the linear score.
            .Node("Abs", "unsigned", [input.IdsTensor])
            .Node("Add", "raised", ["unsigned", "finer_less_one"])
            .Node("Div", "buckets", ["raised", "finer"])
            .Node("Max", "firsts", [input.IdsTensor, "none"])
            .Node("Gather", "linear_gathered", ["linear", "firsts"], ("axis", 0))
            .Node("Cast", "linear_numbers", ["linear_gathered"], ("to", 1))
            .Node("MatMul", "linear_summed", ["ones", "linear_numbers"])
            .Node("Squeeze", "linear_sums", ["linear_summed", "axis"])
            .Node("MatMul", "linear_windows", ["members", "linear_sums"])
            .Node("MatMul", "evidence", ["linear_windows", "linear_evidence"])
            .Node("MatMul", "size", ["linear_windows", "linear_size"])
            .Node("Add", "size_at_least", ["size", "linear_least"])
            .Node("Sqrt", "size_root", ["size_at_least"])
            .Node("Div", "linear_score", ["evidence", "size_root"]);
    }
}
