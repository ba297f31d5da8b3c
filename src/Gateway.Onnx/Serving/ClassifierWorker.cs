using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;
using Gateway.Onnx.Models;

namespace Gateway.Onnx.Serving;

/// <summary>
/// One thread that turns waiting jobs into batches. Folding and hashing happen here too: it is the same core's cache that
/// then holds the ids, and a request thread is never kept busy by a long text.
/// </summary>
internal sealed class ClassifierWorker
{
    /// <summary>Characters of a text that are folded and hashed at a time.</summary>
    internal const int BlockLength = 1 << 16;

    /// <summary>Characters that two blocks share: more than a window holds, so that no passage is seen only cut in two.</summary>
    internal const int BlockOverlap = 1 << 12;

    private readonly ClassifierModel _model;
    private readonly ClassifierOptions _options;
    private readonly ClassifierQueue _queue;
    private readonly ClassifierMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly NgramSettings _settings;
    private readonly TextFeatures _features;
    private readonly ClassifierBatch _batch;
    private readonly List<(int First, int End)> _ranges = [];
    private readonly List<Slot> _slots = [];

    public ClassifierWorker(ClassifierModel model, ClassifierOptions options, ClassifierQueue queue, ClassifierMetrics metrics, TimeProvider time)
    {
        _model = model;
        _options = options;
        _queue = queue;
        _metrics = metrics;
        _time = time;
        _settings = model.Manifest.Input.Ngrams;
        _features = new TextFeatures(_settings);
        _batch = new ClassifierBatch(model, options);
    }

    /// <summary>Judges texts of several lengths once, so that code is compiled and the native memory is laid out.</summary>
    public void WarmUp()
    {
        foreach (var length in (int[])[1, 100, 1000, 20_000])
        {
            var job = new ClassifierJob(new string('文', length).AsMemory(), 0, TextSide.Prompt);
            Judge(job);
            if (job.Task.IsFaulted) throw job.Task.Exception.InnerException!;
        }
    }

    /// <summary>Starts the thread; the task ends with it.</summary>
    public Task Start(string name)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            while (_queue.Take() is { } job) Judge(job);
            ended.SetResult();
        })
        { IsBackground = true, Name = name };
        thread.Start();
        return ended.Task;
    }

    /// <summary>Judges a job together with all that has gathered behind it.</summary>
    private void Judge(ClassifierJob first)
    {
        var began = _time.GetTimestamp();
        var texts = 0;
        _slots.Clear();
        _batch.Clear();
        try
        {
            for (var job = first; job is not null; job = texts < _options.BatchItems && _batch.Rows < _batch.RowCapacity ? Next(began) : null)
            {
                if (job.IsAbandoned) continue;
                texts++;
                _slots.Add(new Slot(job, new RiskScores(_model.Labels, _model.AnyIndex)));
                Admit(job);
            }

            Flush();
            foreach (var slot in _slots) slot.Job.TrySetResult(slot.Scores);
        }
        catch (Exception fault)
        {
            // Not handled here but by those who asked: each of them gets the fault, and this thread stays for the next.
            Fail(fault as ClassifierFaultException ?? new ClassifierFaultException(ClassifierFault.Runtime, "the model failed", fault));
        }

        if (texts > 0) _metrics.Batch(texts, _time.GetElapsedTime(began));
    }

    private ClassifierJob? Next(long began)
    {
        if (_queue.TryTake(out var job)) return job;
        while (_options.Linger > TimeSpan.Zero && _time.GetElapsedTime(began) < _options.Linger)
        {
            if (_queue.TryTake(out job)) return job;
            Thread.Yield();
        }

        return null;
    }

    /// <summary>Takes a text in, block by block when it is long, so that its ids need no more memory than one block's.</summary>
    private void Admit(ClassifierJob job)
    {
        var text = job.Text.Span;
        for (var start = 0; ; start += BlockLength - BlockOverlap)
        {
            var end = Math.Min(text.Length, start + BlockLength);
            if (end > job.Fresh && !job.IsAbandoned) AdmitBlock(job, text[start..end], start);
            if (end == text.Length) return;
        }
    }

    /// <summary>Lays a block's rows and windows into the batch, running it whenever it is full.</summary>
    private void AdmitBlock(ClassifierJob job, ReadOnlySpan<char> block, int offset)
    {
        _features.Read(block);
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
                    _slots.Count - 1,
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

    private void Flush()
    {
        if (_batch.Windows == 0) return;
        _batch.Run();
        for (var i = 0; i < _batch.Windows; i++)
        {
            ref readonly var window = ref _batch[i];
            var scores = _batch.Scores(i);
            for (var l = 0; l < scores.Length; l++)
            {
                if (!float.IsFinite(scores[l]))
                    throw new ClassifierFaultException(ClassifierFault.BadOutput, $"the model answered {scores[l]} for {_model.Labels[l]}");
                scores[l] = 1f / (1f + MathF.Exp(-scores[l]));
            }

            _slots[window.Job].Scores.Pool(scores, window.Start, window.End);
        }

        _batch.Clear();
    }

    private void Fail(ClassifierFaultException fault)
    {
        foreach (var slot in _slots)
        {
            _metrics.Faulted(fault.Fault);
            slot.Job.TrySetException(fault);
            // Observed here, because a caller whose budget ran out will not look any more.
            _ = slot.Job.Task.Exception;
        }
    }

    private readonly record struct Slot(ClassifierJob Job, RiskScores Scores);
}
