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
    private readonly ClassifierModel _model;
    private readonly ClassifierOptions _options;
    private readonly ClassifierQueue _queue;
    private readonly ClassifierMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly NgramSettings _settings;
    private readonly TextFeatures _features;
    private readonly ClassifierBatch _batch;
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
        foreach (var length in (int[])[1, 100, 1000, 10_000])
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

    /// <summary>Lays a job's rows and windows into the batch, running it whenever it is full.</summary>
    private void Admit(ClassifierJob job)
    {
        _features.Read(job.Text.Span);
        var ids = _features.Ids;
        var plan = new WindowPlan(_settings, ids.Rows);
        int sliceRow = 0, sliceEnd = 0, sliceBase = _batch.Rows;
        for (var i = 0; i < plan.Count; i++)
        {
            var (first, end) = (plan.FirstRow(i), plan.EndRow(i));
            var textEnd = end == ids.Rows ? job.Text.Length : Math.Min(job.Text.Length, _features.Original(ids.RowStart(end)) + 1);
            if (textEnd <= job.Fresh) continue;

            // 1. Windows that overlap share their rows; a window past the end of what is there begins a new slice.
            if (first >= sliceEnd) (sliceRow, sliceEnd, sliceBase) = (first, first, _batch.Rows);
            // 2. What does not fit any more waits for the next run, with its rows copied anew.
            if (sliceBase + end - sliceRow > _batch.RowCapacity || _batch.Windows == _batch.WindowCapacity)
            {
                Flush();
                if (job.IsAbandoned) return;
                (sliceRow, sliceEnd, sliceBase) = (first, first, 0);
            }

            // 3. Copy the rows that are new, then add the window over them.
            var idsFrom = sliceEnd * _settings.RowIds;
            var idsTo = Math.Min(end * _settings.RowIds, ids.Count);
            _batch.AddRows(ids.All[idsFrom..idsTo]);
            sliceEnd = end;
            _batch.AddWindow(
                new ClassifierBatch.Window(
                    _slots.Count - 1,
                    sliceBase + first - sliceRow,
                    end - first,
                    idsTo - (first * _settings.RowIds),
                    Math.Max(0, _features.Original(ids.RowStart(first)) - NgramSettings.LongestOrder + 1),
                    textEnd),
                job.Side,
                _features.DenseShare);
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
            foreach (var score in scores)
            {
                if (!(score is >= 0f and <= 1f))
                    throw new ClassifierFaultException(ClassifierFault.BadOutput, $"the model answered {score}, which is no probability");
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
