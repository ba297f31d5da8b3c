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

    /// <summary>Judges texts of several lengths once, so that code is compiled and the native memory is laid out, then those whose scores are known.</summary>
    /// <exception cref="ClassifierFaultException">The model fails, or says something else than its manifest.</exception>
    public void WarmUp()
    {
        foreach (var length in (int[])[1, 100, 1000, 20_000]) JudgeNow(new string('文', length), TextSide.Prompt);
        var checks = _model.Manifest.Checks;
        for (var i = 0; i < checks.Count; i++)
        {
            var scores = JudgeNow(checks[i].Text, checks[i].Side == "response" ? TextSide.Response : TextSide.Prompt);
            foreach (var (label, expected) in checks[i].Scores)
            {
                var found = scores[_model.Labels.ToList().IndexOf(label)];
                if (!(Math.Abs(found - expected) <= checks[i].Tolerance))
                    throw new ClassifierFaultException(ClassifierFault.BadOutput, string.Create(
                        System.Globalization.CultureInfo.InvariantCulture,
                        $"checks[{i}]: the model says {found:0.0000} for {label}, its manifest {expected:0.0000}; it is not the model that was measured, or this machine computes otherwise"));
            }
        }
    }

    private RiskScores JudgeNow(string text, TextSide side)
    {
        var job = new ClassifierJob(text.AsMemory(), 0, side);
        Judge(job);
        return job.Task.IsFaulted ? throw job.Task.Exception.InnerException! : job.Task.GetAwaiter().GetResult();
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
                var scores = new RiskScores(_model.Labels, _model.AnyIndex, _model.Means);
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
