namespace Gateway.Onnx.Serving;

/// <summary>
/// What the classifier says about one text: per label the calibrated probability of its worst window, and where that
/// window lies.
/// </summary>
public sealed class RiskScores
{
    private readonly float[] _scores;
    private readonly int[] _starts;
    private readonly int[] _ends;
    private readonly int _any;

    internal RiskScores(IReadOnlyList<string> labels, int any)
    {
        Labels = labels;
        _any = any;
        _scores = new float[labels.Count];
        _starts = new int[labels.Count];
        _ends = new int[labels.Count];
    }

    /// <summary>The labels, in the model's order: <c>any</c> and risks of the taxonomy.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Probability that the text is harmful at all, 0 to 1.</summary>
    public float Any => _scores[_any];

    /// <summary>Windows the text was judged in; 0 for a text without a single character to judge, whose scores are all 0.</summary>
    public int Windows { get; private set; }

    /// <summary>The probability of a label, 0 to 1: the highest of all windows.</summary>
    /// <param name="label">Position in <see cref="Labels"/>.</param>
    public float this[int label] => _scores[label];

    /// <summary>Position of the risk label (not <c>any</c>) with the highest probability; the first of several.</summary>
    public int HighestRisk
    {
        get
        {
            var best = -1;
            for (var label = 0; label < _scores.Length; label++)
                if (label != _any && (best < 0 || _scores[label] > _scores[best])) best = label;
            return best;
        }
    }

    /// <summary>Where the window lies that gave a label its probability, in UTF-16 units of the text.</summary>
    /// <param name="label">Position in <see cref="Labels"/>.</param>
    public (int Start, int Length) Window(int label) => (_starts[label], _ends[label] - _starts[label]);

    /// <summary>Takes in the probabilities of one window.</summary>
    internal void Pool(ReadOnlySpan<float> scores, int start, int end)
    {
        for (var label = 0; label < _scores.Length; label++)
        {
            if (Windows > 0 && scores[label] <= _scores[label]) continue;
            _scores[label] = scores[label];
            _starts[label] = start;
            _ends[label] = end;
        }

        Windows++;
    }
}
