using System.Numerics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;

namespace Gateway.Training.Learning;

/// <summary>
/// Gives the table of a member a start from unlabelled text: what stands around a stretch of n-grams must predict some of
/// them against random ones (skip-gram with negative sampling, over bags). N-grams that labelled texts hardly have then
/// lie near those that mean the same.
/// </summary>
internal sealed class Pretraining
{
    private const int Segment = 24, Around = 80, Gap = 6, Targets = 6, Negatives = 5;
    private const int NoiseSize = 1 << 20;
    private const double Frequent = 1e-4;

    private readonly NgramSettings _ngrams;
    private readonly int _width;
    private readonly IReadOnlyList<string> _texts;
    private readonly Random _random;
    private readonly TextFeatures _features;
    private readonly float[] _table;
    private readonly float[] _outer;
    private readonly float[] _keep;
    private readonly int[] _noise;
    private readonly int[] _context = new int[2 * Around];
    private readonly float[] _bag;
    private readonly float[] _gradient;
    private double _loss;
    private long _judged;

    public Pretraining(NgramSettings ngrams, int width, IReadOnlyList<string> texts, int seed)
    {
        _ngrams = ngrams;
        _width = width;
        _texts = texts;
        _random = new Random(seed);
        _features = new TextFeatures(ngrams with { LinearBits = 0, RepeatIds = 0 });
        _table = new float[(ngrams.Buckets + 1) * width];
        _outer = new float[_table.Length];
        _bag = new float[width];
        _gradient = new float[width];
        for (var i = width; i < _table.Length; i++) _table[i] = (_random.NextSingle() - 0.5f) / width;
        (_keep, _noise) = Count();
    }

    /// <summary>Passes over the texts and gives the table, scaled so that the numbers of common n-grams have a given size.</summary>
    public float[] Run(int passes, float step, float size, Action<double, double> done)
    {
        var order = Enumerable.Range(0, _texts.Count).ToArray();
        for (var pass = 0; pass < passes; pass++)
        {
            _random.Shuffle(order);
            for (var n = 0; n < order.Length; n++)
            {
                var share = (pass + ((double)n / order.Length)) / passes;
                if (n % 100_000 == 99_999)
                {
                    done(share, _loss / _judged);
                    (_loss, _judged) = (0, 0);
                }

                Learn(_texts[order[n]], (float)(step * (1 - share)));
            }
        }

        Scale(size);
        return _table;
    }

    /// <summary>How often n-grams occur, from every fourth text: common ones are skipped now and then, and noise follows them.</summary>
    private (float[] Keep, int[] Noise) Count()
    {
        var counts = new int[_ngrams.Buckets + 1];
        long total = 0;
        for (var i = 0; i < _texts.Count; i += 4)
        {
            _features.Read(_texts[i]);
            foreach (var id in _features.Ids.All) counts[id]++;
            total += _features.Ids.Count;
        }

        var keep = counts.Select(count => count == 0 ? 1f : (float)Math.Min(1, Math.Sqrt(Frequent * total / count))).ToArray();
        var noise = new int[NoiseSize];
        var weights = counts.Select(count => Math.Pow(count, 0.75)).ToArray();
        var sum = weights.Sum();
        var (at, until) = (1, weights[1]);
        for (var i = 0; i < noise.Length; i++)
        {
            while (at < counts.Length - 1 && until < (i + 0.5) / noise.Length * sum) until += weights[++at];
            noise[i] = at;
        }

        return (keep, noise);
    }

    private void Learn(string text, float step)
    {
        _features.Read(text, TextSide.Prompt);
        var ids = _features.Ids.All;
        if (ids.Length < Segment) return;
        for (var start = _random.Next(Segment); start + Segment <= ids.Length; start += 2 * Segment)
        {
            var count = Gather(ids[Math.Max(0, start - Around)..Math.Max(0, start - Gap)], 0);
            var after = Math.Min(ids.Length, start + Segment + Gap);
            count = Gather(ids[after..Math.Min(ids.Length, after + Around)], count);
            if (count < 4) continue;
            Predict(ids.Slice(start, Segment), _context.AsSpan(0, count), step);
        }
    }

    private int Gather(ReadOnlySpan<int> ids, int count)
    {
        foreach (var id in ids)
            if (count < _context.Length && _random.NextSingle() < _keep[id]) _context[count++] = id;
        return count;
    }

    private void Predict(ReadOnlySpan<int> segment, ReadOnlySpan<int> context, float step)
    {
        var scale = 1 / MathF.Sqrt(context.Length);
        _bag.AsSpan().Clear();
        foreach (var id in context) AddScaled(_bag, 0, _table, id * _width, 1f);
        for (var d = 0; d < _width; d++) _bag[d] *= scale;
        _gradient.AsSpan().Clear();
        for (var n = 0; n < Targets; n++)
        {
            var target = segment[_random.Next(segment.Length)];
            if (_random.NextSingle() >= _keep[target]) continue;
            Against(target, 1f, step);
            for (var k = 0; k < Negatives; k++) Against(_noise[_random.Next(NoiseSize)], 0f, step);
        }

        foreach (var id in context) AddScaled(_table, id * _width, _gradient, 0, scale);
    }

    private void Against(int id, float wanted, float step)
    {
        var row = id * _width;
        float dot = 0;
        for (var d = 0; d < _width; d += Vector<float>.Count) dot += Vector.Dot(new Vector<float>(_bag, d), new Vector<float>(_outer, row + d));
        var probability = 1 / (1 + MathF.Exp(-dot));
        _loss -= Math.Log(Math.Max(1e-7, wanted > 0 ? probability : 1 - probability));
        _judged++;
        var error = step * (wanted - probability);
        AddScaled(_gradient, 0, _outer, row, error);
        AddScaled(_outer, row, _bag, 0, error);
    }

    private void AddScaled(float[] to, int at, float[] from, int start, float factor)
    {
        for (var d = 0; d < _width; d += Vector<float>.Count)
            (new Vector<float>(to, at + d) + (new Vector<float>(from, start + d) * factor)).CopyTo(to, at + d);
    }

    private void Scale(float size)
    {
        double square = 0;
        for (var i = 0; i < NoiseSize; i += 16)
            for (var d = 0; d < _width; d++) square += _table[(_noise[i] * _width) + d] * (double)_table[(_noise[i] * _width) + d];
        var factor = (float)(size / Math.Sqrt(square / (NoiseSize / 16) / _width));
        for (var i = 0; i < _table.Length; i++) _table[i] *= factor;
        _table.AsSpan(0, _width).Clear();
    }
}
