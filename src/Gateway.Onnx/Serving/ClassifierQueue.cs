namespace Gateway.Onnx.Serving;

/// <summary>
/// The bounded queue between callers, who never block, and worker threads, who do. A channel would wake workers on pool
/// threads, where a run of the native library would hold up requests.
/// </summary>
internal sealed class ClassifierQueue(int capacity, ClassifierMetrics metrics)
{
    private readonly Queue<ClassifierJob> _jobs = new(Math.Min(capacity, 4096));
    private readonly object _gate = new();
    private bool _closed;

    /// <summary>Adds a job; false when the queue is full or closed.</summary>
    public bool TryAdd(ClassifierJob job, out bool closed)
    {
        lock (_gate)
        {
            closed = _closed;
            if (_closed || _jobs.Count >= capacity) return false;
            _jobs.Enqueue(job);
            Monitor.Pulse(_gate);
        }

        metrics.Queued(1);
        return true;
    }

    /// <summary>Waits for the next job; null once the queue is closed and empty.</summary>
    public ClassifierJob? Take()
    {
        lock (_gate)
        {
            while (_jobs.Count == 0)
            {
                if (_closed) return null;
                Monitor.Wait(_gate);
            }

            metrics.Queued(-1);
            return _jobs.Dequeue();
        }
    }

    /// <summary>The next job, if one is there.</summary>
    public bool TryTake(out ClassifierJob? job)
    {
        lock (_gate)
        {
            if (!_jobs.TryDequeue(out job)) return false;
        }

        metrics.Queued(-1);
        return true;
    }

    /// <summary>Lets nothing in any more and wakes every worker.</summary>
    /// <returns>The jobs that waited, taken out in the same step: no worker can begin one of them any more.</returns>
    public ClassifierJob[] Close()
    {
        ClassifierJob[] waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = [.. _jobs];
            _jobs.Clear();
            Monitor.PulseAll(_gate);
        }

        metrics.Queued(-waiting.Length);
        return waiting;
    }
}
