using Gateway.Onnx.Features;
using Gateway.Onnx.Models;

namespace Gateway.Training.Export;

/// <summary>Writes a <see cref="BagNetwork"/> as an ONNX graph.</summary>
internal static class BagGraph
{
    /// <summary>Names of the table and of the sums of its rows, which the gateway makes itself.</summary>
    public const string Table = "table", Sums = "sums";

    public static byte[] Write(BagNetwork network, ModelInput input, ModelOutput output)
    {
        var (width, hidden, labels) = (network.Width, network.Hidden, network.Labels.Length);
        var graph = new OnnxGraph("bag")
            .Int32Input(input.IdsTensor, "rows", network.Settings.RowIds)
            .FloatInput(input.WindowsTensor, "windows", "rows")
            .FloatInput(input.TraitsTensor, "windows", NgramTraits.Count)
            .FloatOutput(output.Tensor, "windows", labels)
            .FloatConstant("units", network.Units, 1, width)
            .Int64Constant("axis", [1], 1)
            .FloatConstant("hidden_weights", network.HiddenWeights, network.Inputs, hidden)
            .FloatConstant("hidden_bias", network.HiddenBias, hidden)
            .FloatConstant("output_weights", network.OutputWeights, network.Features, labels)
            .FloatConstant("output_bias", network.OutputBias, labels);
        // Which rows a window has, without the scale of its bag.
        if (network.IsLinear || network.Local > 0) graph.Node("Sign", "members", [input.WindowsTensor]);
        if (network.IsLinear) AddPackedSums(graph, network, input);
        else AddSums(graph, network, input);
        if (network.Local > 0) AddLocal(graph, network);
        // Windows are weighted sums of rows.
        graph.Node("MatMul", network.IsLinear ? "bags_linear" : "bags", [input.WindowsTensor, Sums]);
        if (network.IsLinear) AddLinear(graph, network);
        return graph
            .Node("Mul", "scaled", ["bags", "units"])
            .Node("Concat", "inputs", ["scaled", .. network.Local > 0 ? ["local"] : Array.Empty<string>(), input.TraitsTensor], ("axis", 1))
            .Node("Gemm", "hidden_raw", ["inputs", "hidden_weights", "hidden_bias"])
            .Node("Relu", "hidden", ["hidden_raw"])
            .Node("Concat", "features", network.IsLinear ? ["hidden", "inputs", "linear_score"] : ["hidden", "inputs"], ("axis", 1))
            .Node("Gemm", output.Tensor, ["features", "output_weights", "output_bias"])
            .ToBytes();
    }

    /// <summary>Columns of <c>sums</c>: the bag's, then with a linear part evidence and its size.</summary>
    private static int SumWidth(BagNetwork network) => network.Width + (network.IsLinear ? 2 : 0);

    /// <summary>Adds <c>sums</c>, those of rows of ids: [rows, rowIds] → [rows, rowIds, width] → [rows, width].</summary>
    private static void AddSums(OnnxGraph graph, BagNetwork network, ModelInput input)
    {
        var ones = new float[network.Settings.RowIds];
        ones.AsSpan().Fill(1f);
        graph
            .Int8Constant(Table, network.Table, network.Settings.Buckets + 1, network.Width)
            .FloatConstant("ones", ones, 1, ones.Length)
            // Multiplying with a row of ones sums a quarter faster than ReduceSum does, and integers (MatMulInteger) are slower than both.
            .Node("Gather", "gathered", [Table, input.IdsTensor], ("axis", 0))
            .Node("Cast", "numbers", ["gathered"], ("to", 1))
            .Node("MatMul", "summed", ["ones", "numbers"])
            .Node("Squeeze", Sums, ["summed", "axis"]);
    }

    /// <summary>
    /// Adds <c>sums</c> where finer ids count, too. Fetching from far memory is what a run spends most of its time on, so all that an id needs
    /// lies in one place: a bucket's row of the bag, followed by the linear pairs of the ids that it stands for. Which of the pairs an id means (its slot) is
    /// told apart while summing: [rows, slots, rowIds] × [rows, rowIds, packed] → [rows, slots, packed], of which a last product picks what belongs together.
    /// </summary>
    private static void AddPackedSums(OnnxGraph graph, BagNetwork network, ModelInput input)
    {
        var (width, finer) = (network.Width, 1 << network.Settings.LinearBits);
        var (packed, sums, slots) = (width + (2 * finer), SumWidth(network), finer + 1);
        // The last slot takes what has no linear pair: repetitions and padding.
        int[] codes = [.. Enumerable.Range(0, finer), -1];
        var pick = new float[slots * packed * sums];
        for (var slot = 0; slot < slots; slot++)
        {
            for (var d = 0; d < width; d++) Pick(slot, d, d);
            if (slot == finer) continue;
            Pick(slot, width + (2 * slot), width);
            Pick(slot, width + (2 * slot) + 1, width + 1);
        }

        graph
            .Int8Constant(Table, Pack(network), network.Settings.Buckets + 1, packed)
            .FloatConstant("pick", pick, slots * packed, sums)
            .Int64Constant("flat", [-1, slots * packed], 2)
            .Int32Constant("codes", codes, 1, slots, 1)
            .Int32Constant("one", [1], 1)
            .Int32Constant("finer", [finer], 1)
            .Int32Constant("finer_less_one", [finer - 1], 1)
            .Int32Constant("slot_bits", [int.MinValue | (finer - 1)], 1)
            .Int32Constant("no_slot", [-1], 1)
            // The bucket: repetitions are negative and part of the bag all the same.
            .Node("Abs", "unsigned", [input.IdsTensor])
            .Node("Add", "raised", ["unsigned", "finer_less_one"])
            .Node("Div", "buckets", ["raised", "finer"])
            // The slot: the lowest bits of id − 1; whatever has kept a sign has none.
            .Node("Sub", "lowered", [input.IdsTensor, "one"])
            .Node("BitwiseAnd", "signed_slots", ["lowered", "slot_bits"])
            .Node("Max", "id_slots", ["signed_slots", "no_slot"])
            .Node("Unsqueeze", "slots_once", ["id_slots", "axis"])
            .Node("Equal", "is_slot", ["slots_once", "codes"])
            .Node("Cast", "slots", ["is_slot"], ("to", 1))
            .Node("Gather", "gathered", [Table, "buckets"], ("axis", 0))
            .Node("Cast", "numbers", ["gathered"], ("to", 1))
            .Node("MatMul", "summed", ["slots", "numbers"])
            .Node("Reshape", "flat_sums", ["summed", "flat"])
            .Node("MatMul", Sums, ["flat_sums", "pick"]);

        void Pick(int slot, int from, int to) => pick[(((slot * packed) + from) * sums) + to] = 1;
    }

    /// <summary>[buckets + 1, width + 2 × finer]: the bag's row of a bucket, then the linear pairs of its ids.</summary>
    private static sbyte[] Pack(BagNetwork network)
    {
        var (width, pairs) = (network.Width, 2 << network.Settings.LinearBits);
        var table = new sbyte[(network.Settings.Buckets + 1) * (width + pairs)];
        for (var bucket = 0; bucket <= network.Settings.Buckets; bucket++)
        {
            var row = table.AsSpan(bucket * (width + pairs), width + pairs);
            network.Table.AsSpan(bucket * width, width).CopyTo(row);
            // Ids count from 1; bucket 0 is padding and has none.
            if (bucket > 0) network.Linear.AsSpan(((bucket - 1) * pairs) + 2, pairs).CopyTo(row[width..]);
        }

        return table;
    }

    /// <summary>Adds <c>local</c>, what each window has of the units that look at one row: the fourth root of the sum of their fourth powers.</summary>
    private static void AddLocal(OnnxGraph graph, BagNetwork network)
    {
        // The linear part's columns of the sums weigh nothing here.
        var weights = new float[SumWidth(network) * network.Local];
        var scale = BagNetwork.RowScale(network.Settings);
        for (var i = 0; i < network.LocalWeights.Length; i++) weights[i] = network.LocalWeights[i] * scale * network.Units[i / network.Local];
        graph
            .FloatConstant("local_weights", weights, SumWidth(network), network.Local)
            .FloatConstant("local_bias", network.LocalBias, network.Local)
            .FloatConstant("local_least", [BagNetwork.LeastPower], 1)
            .Node("Gemm", "local_raw", [Sums, "local_weights", "local_bias"])
            .Node("Relu", "local_rows", ["local_raw"])
            .Node("Mul", "local_squares", ["local_rows", "local_rows"])
            .Node("Mul", "local_powers", ["local_squares", "local_squares"])
            .Node("MatMul", "local_windows", ["members", "local_powers"])
            .Node("Add", "local_at_least", ["local_windows", "local_least"])
            .Node("Sqrt", "local_root", ["local_at_least"])
            .Node("Sqrt", "local", ["local_root"]);
    }

    /// <summary>Adds <c>bags</c> without the linear part's columns, and <c>linear_score</c>, evidence over the root of its size.</summary>
    private static void AddLinear(OnnxGraph graph, BagNetwork network)
    {
        var (width, sums) = (network.Width, SumWidth(network));
        var (evidence, size) = (new float[sums], new float[sums]);
        evidence[width] = network.LinearUnits[0];
        size[width + 1] = network.LinearUnits[1];
        graph
            .FloatConstant("linear_evidence", evidence, sums, 1)
            .FloatConstant("linear_size", size, sums, 1)
            .FloatConstant("linear_least", [BagNetwork.LeastEvidence], 1)
            .Int64Constant("bag_begin", [0], 1)
            .Int64Constant("bag_end", [width], 1)
            .Node("Slice", "bags", ["bags_linear", "bag_begin", "bag_end", "axis"])
            .Node("MatMul", "linear_windows", ["members", Sums])
            .Node("MatMul", "evidence", ["linear_windows", "linear_evidence"])
            .Node("MatMul", "size", ["linear_windows", "linear_size"])
            .Node("Add", "size_at_least", ["size", "linear_least"])
            .Node("Sqrt", "size_root", ["size_at_least"])
            .Node("Div", "linear_score", ["evidence", "size_root"]);
    }
}
