using Gateway.Inspection.Detectors;
using Gateway.Onnx.Evaluation;
using Gateway.Onnx.Features;

namespace Gateway.Training.Data;

/// <summary>Examples as the learner sees them: ids, traits and label bits, in flat arrays.</summary>
internal sealed class HashedSet
{
    private readonly int[] _ids;
    private readonly int[] _starts;
    private readonly float[] _denseShares;
    private readonly int _rowIds;
    private readonly (int First, int End)[][] _windows;

    private HashedSet(NgramSettings settings, IReadOnlyList<Example> examples, int[] ids, int[] starts, float[] denseShares, ulong[] labels)
    {
        _rowIds = settings.RowIds;
        Examples = examples;
        _windows = Lay(settings, starts);
        _ids = ids;
        _starts = starts;
        _denseShares = denseShares;
        LabelBits = labels;
    }

    public IReadOnlyList<Example> Examples { get; }

    public int Count => Examples.Count;

    /// <summary>Bit per label of the model, in output order.</summary>
    public ulong[] LabelBits { get; }

    public static HashedSet Make(NgramSettings settings, IReadOnlyList<Example> examples, string[] labels)
    {
        var features = new TextFeatures(settings);
        var ids = new List<int>(examples.Count * 256);
        var starts = new int[examples.Count + 1];
        var shares = new float[examples.Count];
        var bits = new ulong[examples.Count];
        for (var i = 0; i < examples.Count; i++)
        {
            features.Read(examples[i].Text, examples[i].Side);
            ids.AddRange(features.Ids.All);
            starts[i + 1] = ids.Count;
            shares[i] = features.DenseShare;
            bits[i] = Bits(examples[i], labels);
        }

        return new HashedSet(settings, examples, [.. ids], starts, shares, bits);
    }

    /// <summary>These texts and, after them, others.</summary>
    public HashedSet With(NgramSettings settings, HashedSet others) => new(
        settings, [.. Examples, .. others.Examples], [.. _ids, .. others._ids], [.. _starts, .. others._starts.Skip(1).Select(start => start + _ids.Length)],
        [.. _denseShares, .. others._denseShares], [.. LabelBits, .. others.LabelBits]);

    public bool IsHarmful(int example) => Examples[example].IsHarmful;

    /// <summary>The probability of harm that is taught.</summary>
    public float Target(int example) => IsHarmful(example) ? 1 - SourceDoubt.Of(Examples[example].Source) : 0;

    public bool IsBenign(int example) => Examples[example].IsBenign;

    public int Windows(int example) => _windows[example].Length;

    public ReadOnlySpan<int> Ids(int example) => _ids.AsSpan(_starts[example].._starts[example + 1]);

    public ReadOnlyMemory<int> IdsMemory(int example) => _ids.AsMemory(_starts[example]..(_starts[example + 1]));

    public ReadOnlySpan<int> WindowIds(int example, int window)
    {
        var (first, end) = _windows[example][window];
        var ids = Ids(example);
        return ids[(first * _rowIds)..Math.Min(end * _rowIds, ids.Length)];
    }

    /// <summary>The traits of a window of an example.</summary>
    public void Traits(int example, int windowIds, int textIds, Span<float> traits) =>
        NgramTraits.Fill(traits, Examples[example].Side, _denseShares[example], windowIds, textIds);

    private static (int First, int End)[][] Lay(NgramSettings settings, int[] starts)
    {
        var byRows = new Dictionary<int, (int First, int End)[]>();
        var windows = new (int First, int End)[starts.Length - 1][];
        for (var i = 0; i < windows.Length; i++)
        {
            var rows = (starts[i + 1] - starts[i] + settings.RowIds - 1) / settings.RowIds;
            if (!byRows.TryGetValue(rows, out var ranges))
            {
                var laid = new List<(int First, int End)>();
                WindowPlan.Lay(settings, rows, laid);
                byRows[rows] = ranges = [.. laid];
            }

            windows[i] = ranges;
        }

        return windows;
    }

    private static ulong Bits(Example example, string[] labels)
    {
        ulong bits = 0;
        for (var i = 0; i < labels.Length; i++)
            if (labels[i] == Detection.AnyLabel ? example.IsHarmful : example.Carries(labels[i])) bits |= 1UL << i;
        return bits;
    }
}
