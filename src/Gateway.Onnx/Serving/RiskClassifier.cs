using Gateway.Inspection.Detectors;
using Gateway.Onnx.Models;

namespace Gateway.Onnx.Serving;

/// <summary>
/// Judges texts with a model on threads of its own: callers queue, workers take what has gathered and run it as one batch.
/// Whatever goes wrong is a <see cref="ClassifierFaultException"/>, never a low score. Safe for several threads.
/// </summary>
public sealed class RiskClassifier : IAsyncDisposable
{
    private readonly ClassifierOptions _options;
    private readonly ClassifierMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ClassifierQueue _queue;
    private readonly Task[] _workers;
    private readonly ScoreCache? _cache;

    /// <summary>Starts the workers and runs each once, so that the first caller does not pay for it.</summary>
    /// <param name="model">The model; it stays the caller's and must outlive the classifier.</param>
    /// <param name="options">How to share the machine.</param>
    /// <param name="metrics">Where to report.</param>
    /// <param name="time">Clock for budgets and durations.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ClassifierFaultException">The model fails on its first text.</exception>
    public RiskClassifier(ClassifierModel model, ClassifierOptions options, ClassifierMetrics metrics, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();

        Model = model;
        _options = options;
        _metrics = metrics;
        _time = time;
        _cache = options.CacheEntries > 0 ? new ScoreCache(model.Hash, options.CacheEntries) : null;
        _queue = new ClassifierQueue(options.QueueCapacity, metrics);
        var workers = new ClassifierWorker[options.Workers];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new ClassifierWorker(model, options, _queue, metrics, time);
            workers[i].WarmUp();
        }

        _workers = [.. workers.Select((worker, i) => worker.Start($"classifier-{i}", options.PinWorkers ? i : null))];
    }

    /// <summary>The model it judges with.</summary>
    public ClassifierModel Model { get; }

    /// <summary>Judges a whole text.</summary>
    /// <param name="text">The text; it must not change until the answer is there.</param>
    /// <param name="side">Prompt or response.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ClassifierFaultException">The text could not be judged.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<RiskScores> ScoreAsync(ReadOnlyMemory<char> text, TextSide side, CancellationToken cancellationToken) =>
        ScoreAsync(text, 0, side, cancellationToken);

    /// <summary>Judges a text of which the beginning was judged before: windows that end within it are left out.</summary>
    /// <param name="text">The text, with the context it needs.</param>
    /// <param name="fresh">Offset of the first character not judged before.</param>
    /// <param name="side">Prompt or response.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ClassifierFaultException">The text could not be judged.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<RiskScores> ScoreAsync(ReadOnlyMemory<char> text, int fresh, TextSide side, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_cache is null) return Enqueue(text, fresh, side, default, cancellationToken);
        var key = _cache.KeyOf(text.Span, fresh, side);
        var isHit = _cache.TryGet(key, out var known);
        _metrics.Cached(isHit);
        return isHit ? ValueTask.FromResult(known!) : Enqueue(text, fresh, side, key, cancellationToken);
    }

    private ValueTask<RiskScores> Enqueue(ReadOnlyMemory<char> text, int fresh, TextSide side, ScoreCache.Key key, CancellationToken cancellationToken)
    {
        var job = new ClassifierJob(text, fresh, side);
        if (_queue.TryAdd(job, out var closed)) return WaitAsync(job, key, cancellationToken);

        throw closed
            ? Fault(ClassifierFault.Stopped, "the classifier is shut down")
            : Fault(ClassifierFault.QueueFull, $"{_options.QueueCapacity} texts wait for the classifier already");
    }

    /// <summary>Lets no text in any more, fails those that wait, and ends the workers.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var job in _queue.Close()) job.TrySetException(Fault(ClassifierFault.Stopped, "the classifier was shut down"));
        await Task.WhenAll(_workers);
    }

    private async ValueTask<RiskScores> WaitAsync(ClassifierJob job, ScoreCache.Key key, CancellationToken cancellationToken)
    {
        try
        {
            var scores = await job.Task.WaitAsync(_options.Budget, _time, cancellationToken);
            _cache?.Add(key, scores);
            return scores;
        }
        catch (TimeoutException)
        {
            job.Abandon();
            throw Fault(ClassifierFault.Timeout, $"the classifier did not answer within {_options.Budget.TotalMilliseconds:0} ms");
        }
        catch (OperationCanceledException)
        {
            job.Abandon();
            throw;
        }
    }

    private ClassifierFaultException Fault(ClassifierFault fault, string message)
    {
        _metrics.Faulted(fault);
        return new ClassifierFaultException(fault, message);
    }
}
