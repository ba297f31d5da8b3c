namespace Gateway.Onnx.Features;

/// <summary>How text becomes the ids that a <c>wordpiece</c> model reads: the algorithm of BERT's tokenizer.</summary>
public sealed record WordPieceSettings
{
    /// <summary>The file with one piece a line; its line number is its id. Must be among the manifest's files.</summary>
    public string Vocabulary { get; init; } = "vocab.txt";

    /// <summary>Lower case and no accents, as "uncased" models want it. Default true.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>Ids in a window at most, the two that frame it included. 8 to 4,096, default 512.</summary>
    public int WindowTokens { get; init; } = 512;

    /// <summary>Ids that neighbouring windows of a long text share. 0 to a half of <see cref="WindowTokens"/>, default 64.</summary>
    public int OverlapTokens { get; init; } = 64;

    /// <summary>Tensor of ids, int64 [windows, tokens].</summary>
    public string IdsTensor { get; init; } = "input_ids";

    /// <summary>Tensor that is 1 where an id stands and 0 where padding does, int64.</summary>
    public string MaskTensor { get; init; } = "attention_mask";

    /// <summary>Tensor of sentence numbers, all 0 here, int64; empty for a model without it.</summary>
    public string TypesTensor { get; init; } = "token_type_ids";

    internal void AddFaults(List<string> faults, IReadOnlyDictionary<string, string> files)
    {
        if (!files.ContainsKey(Vocabulary)) faults.Add($"manifest.json: files lacks the SHA-256 of {Vocabulary}, which input.wordPiece.vocabulary names");
        if (WindowTokens is < 8 or > 4096) faults.Add($"input.wordPiece.windowTokens is {WindowTokens}: it must be 8 to 4096");
        if (OverlapTokens < 0 || OverlapTokens > WindowTokens / 2) faults.Add($"input.wordPiece.overlapTokens is {OverlapTokens}: it must be 0 to half of windowTokens");
    }
}
