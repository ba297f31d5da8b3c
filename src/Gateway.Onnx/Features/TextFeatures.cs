using Gateway.Inspection.Detectors;
using Gateway.Inspection.Text;

namespace Gateway.Onnx.Features;

/// <summary>Folds a text and hashes it. Holds its own buffers, so each worker has one; not safe for several threads.</summary>
internal sealed class TextFeatures(NgramSettings settings)
{
    private readonly NgramHasher _hasher = new(settings);
    private readonly FoldedText _folded = new();
    private readonly TextFolder _folder = settings.JoinsSpelling ? TextFolder.Matching : TextFolder.Default;
    private readonly JoinedSpelling? _joined = settings.JoinsSpelling ? new JoinedSpelling() : null;
    private int _length;

    /// <summary>The ids of the text read last.</summary>
    public NgramIds Ids { get; } = new(settings.RowIds, settings.RepeatIds);

    /// <summary>The share of dense-script characters in the text read last, 0 to 1.</summary>
    public float DenseShare { get; private set; }

    /// <summary>Reads a text.</summary>
    public void Read(ReadOnlySpan<char> text, TextSide side = TextSide.Prompt)
    {
        _length = text.Length;
        _folder.Fold(text, _folded);
        _joined?.Read(_folded.Text);
        var hashed = _joined is null ? _folded.Text : _joined.Text;
        Ids.Clear();
        _hasher.Extract(hashed, side, Ids);
        DenseShare = NgramTraits.DenseShare(hashed);
    }

    /// <summary>Where a position in the text that was hashed lies in the text read last.</summary>
    public int Original(int position)
    {
        var folded = _joined is null ? position : _joined.Position(Math.Min(position, _joined.Text.Length));
        return folded < _folded.Length ? _folded.Starts[folded] : _length;
    }
}
