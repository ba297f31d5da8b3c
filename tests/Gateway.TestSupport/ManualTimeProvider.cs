namespace Gateway.TestSupport;

/// <summary>A clock that moves only when a test moves it. Timers fire while it is moved. An odd frequency finds code that confuses ticks with time.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _start;
    private DateTimeOffset _now;

    public ManualTimeProvider(DateTimeOffset start) => _start = _now = start;

    public override long TimestampFrequency => 12_345_678;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now;
    }

    public override long GetTimestamp() => (long)((GetUtcNow() - _start).TotalSeconds * TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_gate) _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves the clock, stopping at each timer that falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        var target = GetUtcNow() + by;
        while (Due(target) is { } timer) timer.Fire();
        lock (_gate) _now = target;
    }

    /// <summary>
    /// Moves the clock to the next timer, <paramref name="most"/> at most: whatever is under way, and guards itself by a short timer, is not late
    /// because the test was fast.
    /// </summary>
    public void AdvanceToNext(TimeSpan most)
    {
        TimeSpan step;
        lock (_gate)
        {
            var next = _timers.Min(timer => timer.Next) - _now;
            step = next < TimeSpan.Zero ? TimeSpan.Zero : next < most ? next.Value : most;
        }

        Advance(step);
    }

    private ManualTimer? Due(DateTimeOffset target)
    {
        lock (_gate)
        {
            var next = _timers.Where(timer => timer.Next <= target).MinBy(timer => timer.Next);
            if (next?.Next > _now) _now = next.Next.Value;
            return next;
        }
    }

    private void Remove(ManualTimer timer)
    {
        lock (_gate) _timers.Remove(timer);
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset? Next { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Next = dueTime == Timeout.InfiniteTimeSpan ? null : clock.GetUtcNow() + dueTime;
            return true;
        }

        public void Fire()
        {
            Next = _period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero ? null : Next + _period;
            callback(state);
        }

        public void Dispose() => clock.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
