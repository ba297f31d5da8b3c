namespace Gateway.Audit.Tests;

/// <summary>A clock whose timers fire at once: every wait is skipped, and the clock moves on by as much.</summary>
internal sealed class RushedTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 8, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(this, callback, state, dueTime);

    private sealed class Timer : ITimer
    {
        private readonly RushedTime _time;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private int _isDisposed;

        public Timer(RushedTime time, TimerCallback callback, object? state, TimeSpan dueTime)
        {
            (_time, _callback, _state) = (time, callback, state);
            Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan || Volatile.Read(ref _isDisposed) != 0) return false;
            ThreadPool.QueueUserWorkItem(_ =>
            {
                if (Volatile.Read(ref _isDisposed) != 0) return;
                _time.Advance(dueTime);
                _callback(_state);
            });
            return true;
        }

        public void Dispose() => Interlocked.Exchange(ref _isDisposed, 1);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
