using Gateway.Onnx.Features;

namespace Gateway.Onnx.Models;

/// <summary>What a model reads.</summary>
public sealed record ModelInput
{
    /// <summary>The only kind so far: ids of hashed n-grams.</summary>
    public const string HashedNgrams = "hashed-ngrams";

    /// <summary>Kind of input: <c>hashed-ngrams</c>.</summary>
    public string Kind { get; init; } = HashedNgrams;

    /// <summary>Tensor of n-gram ids, int32 [rows, rowIds], 0 = padding.</summary>
    public string IdsTensor { get; init; } = "ids";

    /// <summary>Tensor that says which rows make up which window and with what weight, float [windows, rows].</summary>
    public string WindowsTensor { get; init; } = "windows";

    /// <summary>Tensor of side, script, length of window and of text, float [windows, 4].</summary>
    public string TraitsTensor { get; init; } = "traits";

    /// <summary>How ids are made.</summary>
    public NgramSettings Ngrams { get; init; } = new();
}
