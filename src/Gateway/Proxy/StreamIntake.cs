using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Gateway.Proxy;

/// <summary>
/// What comes from the model server: reads into the buffer, within limits, and waits no longer than told. A wait costs no
/// memory, timed or not: one read, one timer and one source of completion serve the whole stream.
/// </summary>
internal sealed class StreamIntake : IValueTaskSource<bool>, IDisposable
{
    private readonly Stream _upstream;
    private readonly StreamBuffer _buffer;
    private readonly GuardServices _services;
    private readonly CancellationTokenSource _reading;
    private readonly Action _onRead;
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _wait;
    private ValueTaskAwaiter<int> _read;
    private ITimer? _timer;
    private TimeSpan _patience;
    private long _since;
    private long _received;
    private bool _isReading;
    private bool _isRead;
    private bool _isWaiting;

    public StreamIntake(Stream upstream, StreamBuffer buffer, GuardServices services)
    {
        _upstream = upstream;
        _buffer = buffer;
        _services = services;
        _reading = CancellationTokenSource.CreateLinkedTokenSource(services.Cut);
        _onRead = () => Wake(isRead: true);
    }

    /// <summary>No byte will follow.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Reads more.</summary>
    /// <param name="patience">How long to wait; <see cref="TimeSpan.MaxValue"/> for as long as it takes.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    /// <returns>False when nothing has come in time; the read goes on.</returns>
    public async ValueTask<bool> ReadAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _reading);
        if (!_isReading)
        {
            var pending = _upstream.ReadAsync(_buffer.Room(), _reading.Token);
            if (pending.IsCompletedSuccessfully)
            {
                Filled(pending.Result);
                return true;
            }

            (_isReading, _isRead) = (true, false);
            Watch(pending);
        }

        if (!await WaitAsync(patience)) return false;
        _isReading = false;
        Filled(_read.GetResult());
        return true;
    }

    /// <summary>What is here is all: nothing that follows is wanted.</summary>
    public void End() => HasEnded = true;

    /// <summary>Nobody will read on: the model server may stop generating.</summary>
    public void Stop()
    {
        _reading.Cancel();
        _upstream.Dispose();
    }

    public void Dispose()
    {
        Stop();
        _timer?.Dispose();
        // A read may still be writing into the buffer: then it is left to the garbage collector.
        lock (_gate)
        {
            if (!_isReading || _isRead) _buffer.Return();
        }

        _reading.Dispose();
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "The awaiter is kept and asked for its result once, when it has said that it is there.")]
    private void Watch(ValueTask<int> pending)
    {
        _read = pending.GetAwaiter();
        _read.UnsafeOnCompleted(_onRead);
    }

    private ValueTask<bool> WaitAsync(TimeSpan patience)
    {
        lock (_gate)
        {
            if (_isRead) return ValueTask.FromResult(true);
            if (patience <= TimeSpan.Zero) return ValueTask.FromResult(false);
            _wait.Reset();
            _isWaiting = true;
            (_patience, _since) = (patience, _services.Clock.GetTimestamp());
            if (patience == TimeSpan.MaxValue) return new ValueTask<bool>(this, _wait.Version);
            _timer ??= _services.Clock.CreateTimer(static state => ((StreamIntake)state!).Wake(isRead: false), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(patience, Timeout.InfiniteTimeSpan);
            return new ValueTask<bool>(this, _wait.Version);
        }
    }

    private void Wake(bool isRead)
    {
        lock (_gate)
        {
            if (isRead) _isRead = true;
            if (!_isWaiting) return;
            if (!isRead)
            {
                // The timer may ring early, or for a wait that is over.
                if (_patience == TimeSpan.MaxValue) return;
                var left = _patience - _services.Clock.GetElapsedTime(_since);
                if (left > TimeSpan.Zero)
                {
                    _timer!.Change(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left, Timeout.InfiniteTimeSpan);
                    return;
                }
            }

            _isWaiting = false;
        }

        _wait.SetResult(isRead);
    }

    private void Filled(int count)
    {
        HasEnded = count == 0;
        _buffer.Filled(count);
        _received += count;
        if (_received > _services.Limits.ResponseBytes) throw new InvalidOperationException("The stream is larger than the limit.");
    }
}
