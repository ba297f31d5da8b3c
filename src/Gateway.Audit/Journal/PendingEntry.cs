using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Threading.Tasks.Sources;
using Gateway.Audit.Records;

namespace Gateway.Audit.Journal;

/// <summary>
/// An encoded entry on its way to the disk, and the task of whoever waits for it. Encoding happens on the caller's
/// thread: a value that cannot be encoded fails its caller and never reaches the chain. Pooled, so that an append
/// allocates nothing of its own.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A JSON writer over a buffer in memory holds nothing that needs disposing.")]
internal sealed class PendingEntry : IValueTaskSource<long>
{
    private const int KeptBuffer = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _body = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly PendingEntryPool _pool;
    private ManualResetValueTaskSourceCore<long> _completion = new() { RunContinuationsAsynchronously = true };

    public PendingEntry(PendingEntryPool pool)
    {
        _pool = pool;
        _json = new Utf8JsonWriter(_body);
    }

    /// <summary>The entry's JSON as it stands without what the journal adds: an object that is never empty.</summary>
    public ReadOnlySpan<byte> Body => _body.WrittenSpan;

    /// <summary>When the journal took it.</summary>
    public DateTimeOffset Time { get; set; }

    /// <summary>Somebody awaits its durability; then awaiting, not the writer, gives it back to the pool.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Whether its buffer is small enough to be worth keeping.</summary>
    public bool IsWorthKeeping => _body.Capacity <= KeptBuffer;

    /// <summary>The task of whoever waits.</summary>
    public ValueTask<long> Task => new(this, _completion.Version);

    /// <summary>Encodes an entry.</summary>
    /// <exception cref="ArgumentException">It holds a value that JSON cannot express.</exception>
    public void Encode(AuditEntry entry)
    {
        _body.ResetWrittenCount();
        _json.Reset(_body);
        switch (entry)
        {
            case OpenEntry open: JsonSerializer.Serialize(_json, open, AuditJsonContext.Default.OpenEntry); break;
            case CloseEntry close: JsonSerializer.Serialize(_json, close, AuditJsonContext.Default.CloseEntry); break;
            case DeliveryEntry delivery: JsonSerializer.Serialize(_json, delivery, AuditJsonContext.Default.DeliveryEntry); break;
            case SealEntry seal: JsonSerializer.Serialize(_json, seal, AuditJsonContext.Default.SealEntry); break;
            case EventEntry happened: JsonSerializer.Serialize(_json, happened, AuditJsonContext.Default.EventEntry); break;
            default: throw new ArgumentException($"The journal does not know entries of kind {entry.Kind}.", nameof(entry));
        }

        _json.Flush();
    }

    /// <summary>Tells whoever waits that the entry is durable.</summary>
    public void Complete(long sequence)
    {
        if (IsAwaited) _completion.SetResult(sequence);
        else _pool.Return(this);
    }

    /// <summary>Tells whoever waits that the entry is not durable.</summary>
    public void Fail(Exception exception)
    {
        if (IsAwaited) _completion.SetException(exception);
    }

    /// <inheritdoc/>
    public long GetResult(short token)
    {
        var sequence = _completion.GetResult(token);
        _completion.Reset();
        _pool.Return(this);
        return sequence;
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
