namespace Gateway.Training.Export;

/// <summary>
/// Writes a small model with the inputs and the output of a BERT classifier (embeddings, mean over the tokens, one linear
/// layer): what proves, without hundreds of megabytes, that such a model of one's own can be served.
/// </summary>
internal static class WordPieceGraph
{
    /// <param name="table">[pieces, width].</param>
    /// <param name="weights">[width, labels].</param>
    /// <param name="bias">[labels].</param>
    /// <param name="width">Numbers per piece.</param>
    public static byte[] Write(float[] table, float[] weights, float[] bias, int width)
    {
        var (pieces, labels) = (table.Length / width, bias.Length);
        return new OnnxGraph("wordpiece")
            .Int64Input("input_ids", "windows", "tokens")
            .Int64Input("attention_mask", "windows", "tokens")
            .Int64Input("token_type_ids", "windows", "tokens")
            .FloatOutput("logits", "windows", labels)
            .FloatConstant("table", table, pieces, width)
            .FloatConstant("types", new float[2 * width], 2, width)
            .FloatConstant("weights", weights, width, labels)
            .FloatConstant("bias", bias, labels)
            .Int64Constant("last", [2], 1)
            .Int64Constant("tokens_axis", [1], 1)
            .Node("Gather", "words", ["table", "input_ids"], ("axis", 0))
            .Node("Gather", "sentences", ["types", "token_type_ids"], ("axis", 0))
            .Node("Add", "embedded", ["words", "sentences"])
            .Node("Cast", "mask", ["attention_mask"], ("to", 1))
            .Node("Unsqueeze", "weight", ["mask", "last"])
            .Node("Mul", "kept", ["embedded", "weight"])
            .Node("ReduceSum", "sums", ["kept", "tokens_axis"], ("keepdims", 0))
            .Node("ReduceSum", "counts", ["mask", "tokens_axis"], ("keepdims", 1))
            .Node("Div", "means", ["sums", "counts"])
            .Node("Gemm", "logits", ["means", "weights", "bias"])
            .ToBytes();
    }
}
