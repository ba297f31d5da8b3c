namespace Gateway.Onnx.Features;

/// <summary>Folds a text and hashes it. Holds its own buffers, so each worker has one; not safe for several threads.</summary>
internal sealed class TextFeatures(NgramSettings settings)
{
    private readonly NgramHasher _hasher = new(settings);
    private int _length;
    private char[] _folded = new char[4096];

    /// <summary>The ids of the text read last.</summary>
    public NgramIds Ids { get; } = new(settings.RowIds);

    /// <summary>The share of dense-script characters in the text read last, 0 to 1.</summary>
    public float DenseShare { get; private set; }

    /// <summary>Reads a text.</summary>
    public void Read(ReadOnlySpan<char> text)
    {
        if (_folded.Length < text.Length) _folded = new char[text.Length * 2];
        text.ToLowerInvariant(_folded);
        var folded = _folded.AsSpan(0, text.Length);
        _length = text.Length;
        Ids.Clear();
        _hasher.Extract(folded, Ids);
        DenseShare = NgramTraits.DenseShare(folded);
    }

    /// <summary>Where a position in the folded text lies in the text read last.</summary>
    public int Original(int position) => Math.Min(position, _length);
}
