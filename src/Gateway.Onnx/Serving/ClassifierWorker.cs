using Gateway.Inspection.Detectors;
using Gateway.Onnx.Models;

namespace Gateway.Onnx.Serving;

/// <summary>
/// One thread that turns waiting jobs into batches and answers them.
/// </summary>
internal sealed class ClassifierWorker
{
    private readonly ClassifierModel _model;
    private readonly ClassifierOptions _options;
    private readonly ClassifierQueue _queue;
    private readonly ClassifierMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly WindowRunner _runner;
    private readonly List<Slot> _slots = [];

    public ClassifierWorker(ClassifierModel model, ClassifierOptions options, ClassifierQueue queue, ClassifierMetrics metrics, TimeProvider time)
    {
        _model = model;
        _options = options;
        _queue = queue;
        _metrics = metrics;
        _time = time;
        _runner = WindowRunner.Make(model, options);
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

    /// <summary>Starts the thread, on a core of its own where one is named; the task ends with it.</summary>
    public Task Start(string name, int? core)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            if (core is { } number) CorePinning.TryPin(number);
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
        _runner.Clear();
        try
        {
            for (var job = first; job is not null; job = texts < _options.BatchItems && !_runner.IsFull ? Next(began) : null)
            {
                if (job.IsAbandoned) continue;
                texts++;
                var scores = new RiskScores(_model.Labels, _model.AnyIndex);
                _slots.Add(new Slot(job, scores));
                _runner.Admit(job, scores);
            }

            _runner.Flush();
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
