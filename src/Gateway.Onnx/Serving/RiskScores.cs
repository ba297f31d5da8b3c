namespace Gateway.Onnx.Serving;

/// <summary>
/// What the classifier says about one text: per label the calibrated probability of its worst window (or, where the model's manifest wants it, the
/// mean of all windows), and where the worst window lies.
/// </summary>
public sealed class RiskScores
{
    private readonly float[] _scores;
    private readonly int[] _starts;
    private readonly int[] _ends;
    private readonly int _any;
    private readonly bool[]? _means;
    private readonly double[]? _sums;
    private long _length;

    /// <param name="labels">The labels.</param>
    /// <param name="any">Position of <c>any</c>.</param>
    /// <param name="means">By label, whether its windows are pooled by their mean; <see langword="null"/> when none are.</param>
    internal RiskScores(IReadOnlyList<string> labels, int any, bool[]? means = null)
    {
        Labels = labels;
        _any = any;
        _means = means;
        _sums = means is null ? null : new double[labels.Count];
        _scores = new float[labels.Count];
        _starts = new int[labels.Count];
        _ends = new int[labels.Count];
    }

    /// <summary>The labels, in the model's order: <c>any</c> and risks of the taxonomy.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Probability that the text is harmful at all, 0 to 1.</summary>
    public float Any => this[_any];

    /// <summary>Windows the text was judged in; 0 for a text without a single character to judge, whose scores are all 0.</summary>
    public int Windows { get; private set; }

    /// <summary>The probability of a label, 0 to 1: the highest of all windows, or their mean.</summary>
    /// <param name="label">Position in <see cref="Labels"/>.</param>
    public float this[int label] => _means is { } means && means[label] && _length > 0 ? (float)(_sums![label] / _length) : _scores[label];

    /// <summary>Position of the risk label (not <c>any</c>) with the highest probability; the first of several.</summary>
    public int HighestRisk
    {
        get
        {
            var best = -1;
            for (var label = 0; label < _scores.Length; label++)
                if (label != _any && (best < 0 || this[label] > this[best])) best = label;
            return best;
        }
    }

    /// <summary>Where the window lies that gave a label its highest probability, in UTF-16 units of the text.</summary>
    /// <param name="label">Position in <see cref="Labels"/>.</param>
    public (int Start, int Length) Window(int label) => (_starts[label], _ends[label] - _starts[label]);

    /// <summary>Takes in the probabilities of one window.</summary>
    internal void Pool(ReadOnlySpan<float> scores, int start, int end)
    {
        // By length: a short rest at the end says less about the whole than a full window.
        var length = Math.Max(1, end - start);
        _length += length;
        for (var label = 0; label < _scores.Length; label++)
        {
            if (_sums is not null) _sums[label] += (double)scores[label] * length;
            if (Windows > 0 && scores[label] <= _scores[label]) continue;
            _scores[label] = scores[label];
            _starts[label] = start;
            _ends[label] = end;
        }

        Windows++;
    }
}
