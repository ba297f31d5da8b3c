using Gateway.Inspection.Text;

namespace Gateway.Onnx.Features;

/// <summary>Folds a text and hashes it. Holds its own buffers, so each worker has one; not safe for several threads.</summary>
internal sealed class TextFeatures(NgramSettings settings)
{
    private readonly NgramHasher _hasher = new(settings);
    private readonly FoldedText _folded = new();
    private int _length;

    /// <summary>The ids of the text read last.</summary>
    public NgramIds Ids { get; } = new(settings.RowIds);

    /// <summary>The share of dense-script characters in the text read last, 0 to 1.</summary>
    public float DenseShare { get; private set; }

    /// <summary>Reads a text.</summary>
    public void Read(ReadOnlySpan<char> text)
    {
        _length = text.Length;
        TextFolder.Default.Fold(text, _folded);
        Ids.Clear();
        _hasher.Extract(_folded.Text, Ids);
        DenseShare = NgramTraits.DenseShare(_folded.Text);
    }

    /// <summary>Where a position in the folded text lies in the text read last.</summary>
    public int Original(int position) => position < _folded.Length ? _folded.Starts[position] : _length;
}
