using Gateway.Onnx.Features;
using Gateway.Training.Data;

namespace Gateway.Training.Learning;

/// <summary>
/// The linear part in training: each id has a ratio, how much more often harmful texts have it than harmless ones, and a weight on it. A window's
/// score is the sum of both over the length of the vector of ratios, so that words both kinds of text have dilute nothing (NB-SVM, Wang and Manning
/// 2012). Learns <c>any</c> alone.
/// </summary>
internal sealed class LinearMember
{
    private const float BiasStep = 0.01f;

    /// <summary>What a unit of the exported size of a ratio is worth.</summary>
    private const float SizeUnit = 0.5f;

    private readonly NgramSettings _ngrams;
    private readonly LearningSettings _settings;
    private readonly HashedSet _train;
    private readonly Random _random;
    private readonly int[] _order;
    private readonly float[] _ratios;
    private readonly float[] _weights;
    private readonly float[] _sums;
    private readonly List<(int First, int End)> _ranges = [];
    private float _bias;

    public LinearMember(NgramSettings ngrams, LearningSettings settings, HashedSet train, int seed)
    {
        _ngrams = ngrams;
        _settings = settings;
        _train = train;
        _random = new Random(seed);
        // A crisis is neither harm nor its absence.
        _order = [.. Enumerable.Range(0, train.Count).Where(i => train.IsHarmful(i) || train.IsBenign(i))];
        _ratios = Count();
        Sizes = [.. _ratios.Select(ratio => (sbyte)Math.Min(sbyte.MaxValue, MathF.Round(ratio * ratio / SizeUnit)))];
        _weights = new float[_ratios.Length];
        _sums = new float[_ratios.Length];
        _sums.AsSpan().Fill(settings.LinearCaution);
    }

    /// <summary>Squares of the ratios as they are exported; the length of the vector is taken from them in training, too.</summary>
    public sbyte[] Sizes { get; }

    public static float UnitOfSizes => SizeUnit;

    /// <summary>What each id adds to the sum.</summary>
    public float[] Evidence() => [.. _weights.Select((weight, id) => _settings.LinearScale * _ratios[id] * weight)];

    /// <summary>One pass over the training data in a new order.</summary>
    /// <param name="from">Progress at its beginning, 0 to 1; the step size falls with it.</param>
    /// <param name="to">Progress at its end.</param>
    public void Pass(double from, double to)
    {
        _random.Shuffle(_order);
        for (var n = 0; n < _order.Length; n++)
            Learn(_order[n], (float)(1 - (from + ((to - from) * n / _order.Length))));
    }

    /// <summary>The logarithm of how much likelier an id is in a harmful text than in a harmless one; 0 for what a single text has.</summary>
    private float[] Count()
    {
        var highest = _ngrams.HighestId;
        var (harmful, harmless, last) = (new int[highest + 1], new int[highest + 1], new int[highest + 1]);
        long inHarmful = 0, inHarmless = 0;
        foreach (var example in _order)
        {
            var isHarmful = _train.IsHarmful(example);
            foreach (var id in _train.Ids(example))
            {
                if (id <= 0 || last[id] == example + 1) continue;
                last[id] = example + 1;
                if (isHarmful) (harmful[id], inHarmful) = (harmful[id] + 1, inHarmful + 1);
                else (harmless[id], inHarmless) = (harmless[id] + 1, inHarmless + 1);
            }
        }

        var odds = Math.Log((double)inHarmless / Math.Max(1, inHarmful));
        var added = _settings.LinearAdded;
        return [.. Enumerable.Range(0, highest + 1).Select(id =>
            harmful[id] + harmless[id] < 2 ? 0f : (float)(Math.Log((harmful[id] + added) / (harmless[id] + added)) + odds))];
    }

    private void Learn(int example, float decay)
    {
        var isHarmful = _train.IsHarmful(example);
        var (ids, sum, size) = Choose(example, isHarmful);
        var scale = _settings.LinearScale / MathF.Sqrt(size + Export.BagNetwork.LeastEvidence);
        var error = (1 / (1 + MathF.Exp(-(_bias + (scale * sum))))) - _train.Target(example);
        _bias -= BiasStep * decay * error;
        foreach (var id in ids.Span)
        {
            if (id <= 0 || _ratios[id] == 0) continue;
            var gradient = error * scale * _ratios[id];
            _weights[id] -= _settings.LinearStep * decay * gradient / MathF.Sqrt(_sums[id] += gradient * gradient);
        }
    }

    /// <summary>A harmful text is known to be so as a whole; of a harmless one, which is nowhere harmful, it is the range that looks worst.</summary>
    private (ReadOnlyMemory<int> Ids, float Sum, float Size) Choose(int example, bool isHarmful)
    {
        var all = _train.IdsMemory(example);
        _ranges.Clear();
        WindowPlan.Lay(_ngrams, (all.Length + _ngrams.RowIds - 1) / _ngrams.RowIds, _ranges);
        if (_ranges.Count == 0) return (all, 0, 0);
        (ReadOnlyMemory<int> Ids, float Sum, float Size) worst = (all, 0, 0);
        var highest = float.NegativeInfinity;
        foreach (var (first, end) in _ranges)
        {
            var ids = all[(first * _ngrams.RowIds)..Math.Min(end * _ngrams.RowIds, all.Length)];
            float sum = 0;
            var size = 0;
            foreach (var id in ids.Span)
            {
                if (id <= 0) continue;
                sum += _ratios[id] * _weights[id];
                size += Sizes[id];
            }

            var score = sum / MathF.Sqrt((size * SizeUnit) + Export.BagNetwork.LeastEvidence);
            if (score > highest) (worst, highest) = ((ids, sum, size * SizeUnit), score);
            if (isHarmful) break;
        }

        return worst;
    }
}
