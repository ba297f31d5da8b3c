using System.Numerics;
using System.Runtime.InteropServices;
using Gateway.Onnx.Features;
using Gateway.Training.Data;
using Gateway.Training.Export;

namespace Gateway.Training.Learning;

/// <summary>
/// One network in training: table of floats, local units, hidden layer, outputs. Learns text by text with steps that shrink as a
/// parameter's gradients add up (Adagrad; one sum per row of the table).
/// </summary>
internal sealed class Member
{
    private readonly LearningSettings _settings;
    private readonly int _width;
    private readonly int _inputs;
    private readonly int _local;
    private readonly int _labels;
    private readonly Random _random;
    private readonly float[] _rowSums;
    private readonly float[] _features;
    private readonly float[] _gradients;
    private readonly float[] _outputGradients;
    private readonly int[] _order;
    private readonly NgramSettings _ngrams;
    private readonly float _rowScale;
    private readonly float[] _unitGradients;
    private readonly float[] _rowGradient;
    private readonly List<int> _rowEnds = [];
    private readonly List<int> _composed = [];
    private readonly List<(int First, int End)> _ranges = [];
    private int _ownStart;
    private int _ownEnd;
    private float[] _sums = new float[1024];
    private int[] _kept = new int[4096];
    private int _keptCount;
    private float[] _rows = new float[1024];
    private float[] _units = new float[1024];
    private float[] _powers = new float[1024];

    public Member(NgramSettings ngrams, LearningSettings settings, int labels, HashedSet train, int seed)
    {
        _ngrams = ngrams;
        _settings = settings;
        _width = settings.Width;
        _local = settings.LocalUnits;
        _inputs = settings.Width + _local + NgramTraits.Count;
        _rowScale = BagNetwork.RowScale(ngrams);
        _unitGradients = new float[_local];
        _rowGradient = new float[_width];
        _labels = labels;
        _random = new Random(seed);
        Table = new float[(ngrams.Buckets + 1) * _width];
        _rowSums = new float[ngrams.Buckets + 1];
        _rowSums.AsSpan().Fill(settings.RowCaution);
        HiddenLayer = new DenseLayer(_inputs, settings.Hidden, _random);
        Local = new LocalLayer(_width, _local, _random);
        OutputLayer = new DenseLayer(settings.Hidden + _inputs, labels, _random);
        _features = new float[settings.Hidden + _inputs];
        _gradients = new float[settings.Hidden + _inputs];
        _outputGradients = new float[labels];
        Logits = new float[labels];
        _order = [.. Enumerable.Range(0, train.Count)];
        Train = train;
        Benign = train.Examples.Select((example, i) => (example, i)).Where(pair => pair.example.IsBenign)
            .GroupBy(pair => pair.example.Language).ToDictionary(group => group.Key, group => group.Select(pair => pair.i).ToArray());
    }

    public float[] Table { get; private set; }

    public LocalLayer Local { get; }

    public DenseLayer HiddenLayer { get; private set; }

    public DenseLayer OutputLayer { get; private set; }

    /// <summary>The answer of the last <see cref="Forward"/>.</summary>
    public float[] Logits { get; }

    private HashedSet Train { get; }

    private Dictionary<string, int[]> Benign { get; }

    /// <summary>One pass over the training data in a new order.</summary>
    /// <param name="from">Progress at its beginning, 0 to 1; the step size falls with it.</param>
    /// <param name="to">Progress at its end.</param>
    /// <param name="done">Told now and then which share of the pass is done.</param>
    /// <returns>Mean loss of <c>any</c>.</returns>
    public double Pass(double from, double to, Action<double> done)
    {
        _random.Shuffle(_order);
        double loss = 0;
        for (var n = 0; n < _order.Length; n++)
        {
            var decay = (float)(1 - (from + ((to - from) * n / _order.Length)));
            loss += Learn(_order[n], decay);
            if (n % 1024 == 0) done((double)n / _order.Length);
        }

        return loss / _order.Length;
    }

    /// <summary>Computes the logits of the ids that were kept, row by row.</summary>
    private void Forward(ReadOnlySpan<float> traits)
    {
        Ensure(_rowEnds.Count);
        var bag = _features.AsSpan(_settings.Hidden, _width);
        var units = _features.AsSpan(_settings.Hidden + _width, _local);
        bag.Clear();
        units.Clear();
        var start = 0;
        for (var row = 0; row < _rowEnds.Count; row++)
        {
            ReadRow(_kept.AsSpan(start, _rowEnds[row] - start), row);
            for (var d = 0; d < _width; d++) bag[d] += _rows[(row * _width) + d];
            AddPowers(row, units);
            start = _rowEnds[row];
        }

        Pool(_keptCount);
        Answer(traits);
    }

    private void Ensure(int rows)
    {
        if (_rows.Length < rows * _width) _rows = new float[rows * _width * 2];
        if (_units.Length < rows * _local) _units = new float[rows * _local * 2];
    }

    private void ReadRow(ReadOnlySpan<int> ids, int row)
    {
        var sum = _rows.AsSpan(row * _width, _width);
        Sum(ids, sum);
        Local.Forward(sum, _rowScale, _units.AsSpan(row * _local, _local));
    }

    private void AddPowers(int row, Span<float> powers)
    {
        for (var u = 0; u < _local; u += Vector<float>.Count)
        {
            var unit = new Vector<float>(_units, (row * _local) + u);
            unit *= unit;
            (new Vector<float>(powers[u..]) + (unit * unit)).CopyTo(powers[u..]);
        }
    }

    /// <summary>Makes what a window has of the sum and of the powers that lie in the features.</summary>
    private void Pool(int count)
    {
        var scale = NgramTraits.Scale(count);
        foreach (ref var sum in _features.AsSpan(_settings.Hidden, _width)) sum *= scale;
        foreach (ref var unit in _features.AsSpan(_settings.Hidden + _width, _local)) unit = BagNetwork.Root(unit);
    }

    /// <summary>The logits for what lies in the features.</summary>
    private void Answer(ReadOnlySpan<float> traits)
    {
        var hidden = _settings.Hidden;
        traits.CopyTo(_features.AsSpan(hidden + _width + _local));
        HiddenLayer.Forward(_features.AsSpan(hidden), _features.AsSpan(0, hidden));
        for (var h = 0; h < hidden; h++) _features[h] = Math.Max(0, _features[h]);
        OutputLayer.Forward(_features, Logits);
    }

    private double Learn(int example, float decay)
    {
        Compose(example);
        if (_composed.Count == 0) return 0;

        Span<float> traits = stackalloc float[NgramTraits.Count];
        var (first, end) = ChooseRange(example, traits);
        DropOut(CollectionsMarshal.AsSpan(_composed)[(first * _ngrams.RowIds)..Math.Min(end * _ngrams.RowIds, _composed.Count)]);
        Train.Traits(example, _keptCount, _composed.Count, traits);
        Forward(traits);
        var loss = OutputError(example);
        Backward(decay);
        return loss;
    }

    /// <summary>The text alone, or with harmless texts of the same language before and after it.</summary>
    private void Compose(int example)
    {
        _composed.Clear();
        var mixed = _random.NextSingle() < _settings.Mix;
        if (mixed) AddBenign(example);
        _ownStart = _composed.Count;
        AddText(example);
        _ownEnd = _composed.Count;
        if (mixed) AddBenign(example);
    }

    private void AddBenign(int example)
    {
        if (!Benign.TryGetValue(Train.Examples[example].Language, out var candidates)) return;
        for (var n = _random.Next(_settings.MixTexts + 1); n > 0; n--) AddText(candidates[_random.Next(candidates.Length)]);
    }

    private void AddText(int example)
    {
        foreach (var id in Train.Ids(example)) _composed.Add(_ngrams.Bucket(id));
    }

    /// <summary>
    /// Which range of a long text is learnt from. A harmless text is nowhere harmful, so it is the range that looks worst,
    /// as in serving. A harmful text is known to be so as a whole: it is the range that fits it best.
    /// </summary>
    private (int First, int End) ChooseRange(int example, Span<float> traits)
    {
        _ranges.Clear();
        WindowPlan.Lay(_ngrams, (_composed.Count + _ngrams.RowIds - 1) / _ngrams.RowIds, _ranges);
        return _ranges.Count == 1 ? _ranges[0] : Train.IsBenign(example) ? Worst(example, traits) : BestFit();
    }

    private (int First, int End) BestFit()
    {
        var (best, highest) = (_ranges[0], -1.0);
        foreach (var (first, end) in _ranges)
        {
            int from = first * _ngrams.RowIds, to = Math.Min(end * _ngrams.RowIds, _composed.Count);
            double shared = Math.Min(to, _ownEnd) - Math.Max(from, _ownStart);
            var fit = shared / (Math.Max(to, _ownEnd) - Math.Min(from, _ownStart));
            if (fit > highest) (best, highest) = ((first, end), fit);
        }

        return best;
    }

    private (int First, int End) Worst(int example, Span<float> traits)
    {
        var rows = (_composed.Count + _ngrams.RowIds - 1) / _ngrams.RowIds;
        // Sums of all rows before a row: a range's sum is then one difference.
        Ensure(rows);
        if (_sums.Length < (rows + 1) * _width) _sums = new float[(rows + 1) * _width * 2];
        if (_powers.Length < (rows + 1) * _local) _powers = new float[(rows + 1) * _local * 2];
        var ids = CollectionsMarshal.AsSpan(_composed);
        _sums.AsSpan(0, _width).Clear();
        _powers.AsSpan(0, _local).Clear();
        for (var row = 0; row < rows; row++)
        {
            ReadRow(ids[(row * _ngrams.RowIds)..Math.Min((row + 1) * _ngrams.RowIds, ids.Length)], row);
            for (var d = 0; d < _width; d++) _sums[((row + 1) * _width) + d] = _sums[(row * _width) + d] + _rows[(row * _width) + d];
            var next = _powers.AsSpan((row + 1) * _local, _local);
            _powers.AsSpan(row * _local, _local).CopyTo(next);
            AddPowers(row, next);
        }

        var (worst, highest) = (_ranges[0], float.NegativeInfinity);
        foreach (var (first, end) in _ranges)
        {
            var count = Math.Min(end * _ngrams.RowIds, ids.Length) - (first * _ngrams.RowIds);
            var bag = _features.AsSpan(_settings.Hidden, _width);
            for (var d = 0; d < _width; d++) bag[d] = _sums[(end * _width) + d] - _sums[(first * _width) + d];
            for (var u = 0; u < _local; u++)
                _features[_settings.Hidden + _width + u] = Math.Max(0, _powers[(end * _local) + u] - _powers[(first * _local) + u]);
            Train.Traits(example, count, _composed.Count, traits);
            Pool(count);
            Answer(traits);
            if (Logits[0] > highest) (worst, highest) = ((first, end), Logits[0]);
        }

        return worst;
    }

    private void DropOut(ReadOnlySpan<int> ids)
    {
        _keptCount = 0;
        _rowEnds.Clear();
        var left = _ngrams.RowIds;
        if (_kept.Length < ids.Length) Array.Resize(ref _kept, ids.Length * 2);
        var threshold = (uint)(_settings.Dropout * uint.MaxValue);
        var state = ((ulong)_random.NextInt64() << 1) | 1;
        foreach (var id in ids)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            if ((uint)(state >> 32) >= threshold) _kept[_keptCount++] = id;
            if (--left > 0) continue;
            _rowEnds.Add(_keptCount);
            left = _ngrams.RowIds;
        }

        if (left < _ngrams.RowIds) _rowEnds.Add(_keptCount);
    }

    /// <summary>Fills the gradients of the logits. Label 0 is <c>any</c>.</summary>
    private double OutputError(int example)
    {
        var bits = Train.LabelBits[example];
        var harmful = !Train.IsBenign(example);
        // A crisis is neither harm nor its absence.
        var anyWeight = harmful && (bits & 1) == 0 ? 0f : 1f;
        double loss = 0;
        for (var l = 0; l < _labels; l++)
        {
            var probability = 1f / (1f + MathF.Exp(-Logits[l]));
            var target = (bits >> l & 1) != 0;
            var weight = l == 0 ? anyWeight : target || !harmful ? _settings.RiskWeight : _settings.RiskWeight * _settings.MissingWeight;
            _outputGradients[l] = weight * (probability - (l == 0 ? Train.Target(example) : target ? 1f : 0f));
            if (l == 0 && anyWeight > 0) loss = -Math.Log(Math.Max(1e-7, target ? probability : 1 - probability));
        }

        return loss;
    }

    private void Backward(float decay)
    {
        var hidden = _settings.Hidden;
        _gradients.AsSpan().Clear();
        OutputLayer.Backward(_features, _outputGradients, _gradients, _settings.DenseStep * decay);
        for (var h = 0; h < hidden; h++)
            if (_features[h] <= 0) _gradients[h] = 0;
        HiddenLayer.Backward(_features.AsSpan(hidden), _gradients.AsSpan(0, hidden), _gradients.AsSpan(hidden), _settings.DenseStep * decay);

        var gradient = _gradients.AsSpan(hidden, _width);
        var scale = NgramTraits.Scale(_keptCount);
        for (var d = 0; d < _width; d++) gradient[d] *= scale;
        var start = 0;
        for (var row = 0; row < _rowEnds.Count; row++)
        {
            gradient.CopyTo(_rowGradient);
            UnitGradients(row);
            Local.Backward(_rows.AsSpan(row * _width, _width), _rowScale, _unitGradients, _rowGradient);
            float square = 0;
            for (var d = 0; d < _width; d++) square += _rowGradient[d] * _rowGradient[d];
            UpdateRows(_kept.AsSpan(start, _rowEnds[row] - start), _rowGradient, square / _width, _settings.Step * decay);
            start = _rowEnds[row];
        }

        Local.Step(_settings.LocalStep * decay);
    }

    /// <summary>The gradients of the units of a row: each its part of the root.</summary>
    private void UnitGradients(int row)
    {
        var at = _settings.Hidden + _width;
        for (var u = 0; u < _local; u++)
        {
            var part = _units[(row * _local) + u] / _features[at + u];
            _unitGradients[u] = _gradients[at + u] * part * part * part;
        }
    }

    private void Sum(ReadOnlySpan<int> ids, Span<float> bag)
    {
        for (var d = 0; d < _width; d += Vector<float>.Count)
        {
            var sum = Vector<float>.Zero;
            foreach (var id in ids) sum += new Vector<float>(Table, (id * _width) + d);
            sum.CopyTo(bag[d..]);
        }
    }

    private void UpdateRows(ReadOnlySpan<int> ids, ReadOnlySpan<float> gradient, float square, float step)
    {
        foreach (var id in ids)
        {
            var sum = _rowSums[id] += square;
            var rate = new Vector<float>(-step / MathF.Sqrt(sum));
            for (var d = 0; d < _width; d += Vector<float>.Count)
            {
                var row = new Vector<float>(Table, (id * _width) + d) + (rate * new Vector<float>(gradient[d..]));
                row.CopyTo(Table, (id * _width) + d);
            }
        }
    }
}
