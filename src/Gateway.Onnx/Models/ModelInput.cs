using Gateway.Onnx.Features;

namespace Gateway.Onnx.Models;

/// <summary>What a model reads.</summary>
public sealed record ModelInput
{
    /// <summary>Ids of hashed n-grams: what <c>gateway-train</c> makes.</summary>
    public const string HashedNgrams = "hashed-ngrams";

    /// <summary>Pieces of words from a <c>vocab.txt</c>: what BERT and its kin read.</summary>
    public const string WordPieces = "wordpiece";

    /// <summary>Kind of input: <c>hashed-ngrams</c> or <c>wordpiece</c>.</summary>
    public string Kind { get; init; } = HashedNgrams;

    /// <summary>Tensor of n-gram ids, int32 [rows, rowIds], 0 = padding.</summary>
    public string IdsTensor { get; init; } = "ids";

    /// <summary>Tensor that says which rows make up which window and with what weight, float [windows, rows].</summary>
    public string WindowsTensor { get; init; } = "windows";

    /// <summary>Tensor of side, script, length of window and of text, float [windows, 4].</summary>
    public string TraitsTensor { get; init; } = "traits";

    /// <summary>
    /// Constant of the graph that holds the table of n-grams, int8 [<c>buckets</c> + 1, columns], and tensor of the sums of its rows, float [rows, columns]: of the
    /// columns the last 2 × 2^<c>linearBits</c> are pairs of evidence and size, one for each finer id, and add up to two. Where both are named, the gateway sums the rows itself, which is
    /// several times as fast, and runs the graph from there on; the manifest must then have <c>checks</c>, which prove that it comes to the same. Empty: the graph is run whole.
    /// </summary>
    public string TableConstant { get; init; } = "";

    /// <summary>See <see cref="TableConstant"/>.</summary>
    public string SumsTensor { get; init; } = "";

    /// <summary>Whether the gateway sums the rows of the table.</summary>
    internal bool IsSummed => Kind == HashedNgrams && TableConstant.Length > 0 && SumsTensor.Length > 0;

    /// <summary>How ids are made.</summary>
    public NgramSettings Ngrams { get; init; } = new();

    /// <summary>How word pieces are made, for that kind of input.</summary>
    public WordPieceSettings WordPiece { get; init; } = new();
}
