using Gateway.Inspection.Text;

namespace Gateway.Onnx.Features;

/// <summary>Folds a text and hashes it. Holds its own buffers, so each worker has one; not safe for several threads.</summary>
internal sealed class TextFeatures(NgramSettings settings)
{
    /// <summary>Characters of a text whose buffers are kept for the next.</summary>
    private const int KeptLength = 1 << 20;

    private readonly NgramHasher _hasher = new(settings);
    private FoldedText _folded = new();
    private int _length;

    /// <summary>The ids of the text read last.</summary>
    public NgramIds Ids { get; private set; } = new(settings.RowIds);

    /// <summary>The share of dense-script characters in the text read last, 0 to 1.</summary>
    public float DenseShare { get; private set; }

    /// <summary>Reads a text.</summary>
    public void Read(ReadOnlySpan<char> text)
    {
        // A single huge text must not keep its memory for ever.
        if (_length > KeptLength && text.Length <= KeptLength) (_folded, Ids) = (new FoldedText(), new NgramIds(settings.RowIds));
        _length = text.Length;
        TextFolder.Default.Fold(text, _folded);
        Ids.Clear();
        _hasher.Extract(_folded.Text, Ids);
        DenseShare = NgramTraits.DenseShare(_folded.Text);
    }

    /// <summary>Where a position in the folded text lies in the text read last.</summary>
    public int Original(int position) => position < _folded.Length ? _folded.Starts[position] : _length;
}
