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

    /// <summary>How ids are made.</summary>
    public NgramSettings Ngrams { get; init; } = new();

    /// <summary>How word pieces are made, for that kind of input.</summary>
    public WordPieceSettings WordPiece { get; init; } = new();
}
