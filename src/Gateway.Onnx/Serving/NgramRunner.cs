using Gateway.Onnx.Features;
using Gateway.Onnx.Models;

namespace Gateway.Onnx.Serving;

/// <summary>
/// Reads texts as hashed n-grams. Folding and hashing happen on the worker: it is the same core's cache that then holds the
/// ids, and a request thread is never kept busy by a long text.
/// </summary>
internal sealed class NgramRunner : WindowRunner
{
    private readonly NgramSettings _settings;
    private readonly TextFeatures _features;
    private readonly ClassifierBatch _batch;
    private readonly List<(int First, int End)> _ranges = [];

    public NgramRunner(ClassifierModel model, ClassifierOptions options)
        : base(model)
    {
        _settings = model.Manifest.Input.Ngrams;
        _features = new TextFeatures(_settings);
        _batch = new ClassifierBatch(model, options);
    }

    public override bool IsFull => _batch.Rows >= _batch.RowCapacity;

    protected override void ClearWindows() => _batch.Clear();

    /// <summary>Lays a block's rows and windows into the batch, running it whenever it is full.</summary>
    protected override void AdmitBlock(ClassifierJob job, ReadOnlySpan<char> block, int offset)
    {
        _features.Read(block, job.Side);
        var ids = _features.Ids;
        _ranges.Clear();
        WindowPlan.Lay(_settings, ids.Rows, _ranges);
        int sliceRow = 0, sliceEnd = 0, sliceBase = _batch.Rows;
        foreach (var (first, end) in _ranges)
        {
            var textEnd = offset + (end == ids.Rows ? block.Length : Math.Min(block.Length, _features.Original(ids.RowStart(end)) + 1));
            if (textEnd <= job.Fresh) continue;

            // 1. Ranges that overlap share their rows; one that begins outside what is there begins a new slice.
            if (first >= sliceEnd || first < sliceRow) (sliceRow, sliceEnd, sliceBase) = (first, first, _batch.Rows);
            // 2. What does not fit any more waits for the next run, with its rows copied anew.
            if (sliceBase + end - sliceRow > _batch.RowCapacity || _batch.Windows == _batch.WindowCapacity)
            {
                Flush();
                if (job.IsAbandoned) return;
                (sliceRow, sliceEnd, sliceBase) = (first, first, 0);
            }

            // 3. Copy the rows that are new, then add the window over them.
            var idsTo = Math.Min(end * _settings.RowIds, ids.Count);
            if (end > sliceEnd) _batch.AddRows(ids.All[(sliceEnd * _settings.RowIds)..idsTo]);
            sliceEnd = Math.Max(sliceEnd, end);
            _batch.AddWindow(
                new ClassifierBatch.Window(
                    Current,
                    sliceBase + first - sliceRow,
                    end - first,
                    idsTo - (first * _settings.RowIds),
                    offset + Math.Max(0, _features.Original(ids.RowStart(first)) - NgramSettings.LongestOrder + 1),
                    textEnd),
                job.Side,
                _features.DenseShare,
                ids.Count);
        }
    }

    public override void Flush()
    {
        if (_batch.Windows == 0) return;
        _batch.Run();
        for (var i = 0; i < _batch.Windows; i++)
        {
            ref readonly var window = ref _batch[i];
            Pool(window.Job, _batch.Scores(i), window.Start, window.End);
        }

        _batch.Clear();
    }
}
