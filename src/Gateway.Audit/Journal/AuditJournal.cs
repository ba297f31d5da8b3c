using System.Diagnostics;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Journal;

/// <summary>
/// The append-only record of what the gateway did: a directory of segment files whose lines are chained by hash. Safe
/// for any number of threads; one process at a time. Entries queue in the order of the calls; one thread takes
/// everything that waits, writes it with one fsync and tells all who wait, so the cost of a disk is shared.
/// After a fault of the disk it takes nothing more until it is disposed and opened again.
/// </summary>
public sealed class AuditJournal : IAsyncDisposable
{
    private const int QueueWakes = 256;
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(20);

    private readonly AuditJournalOptions _options;
    private readonly TimeProvider _time;
    private readonly JournalWriter _writer;
    private readonly FileStream _lock;
    private readonly PendingEntryPool _pool = new();
    private readonly CommitPace _pace = new();
    private readonly SemaphoreSlim _slots;
    private readonly object _gate = new();
    private readonly HashSet<string> _open;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<PendingEntry> _queue = [];
    private TaskCompletionSource? _advanced;
    private AuditJournalException? _fault;
    private bool _isClosed;
    private readonly object _headGate = new();
    private readonly byte[] _headHash = new byte[EntryHash.Length];
    private long _head;
    private WriterRest _rest;
    private bool _isFlushWanted;
    private int _awaited;
    private long _durable;
    private long _taken;

    internal AuditJournal(
        string directory, string instance, AuditJournalOptions options, TimeProvider time, JournalWriter writer, FileStream fileLock, HashSet<string> open)
    {
        DirectoryPath = directory;
        Instance = instance;
        _options = options;
        _time = time;
        _writer = writer;
        _lock = fileLock;
        _open = open;
        _durable = _taken = writer.Sequence;
        NoteHead();
        _slots = new SemaphoreSlim(options.QueueEntries);
        new Thread(Run) { IsBackground = true, Name = "audit journal" }.Start();
    }

    /// <summary>Directory of the journal.</summary>
    public string DirectoryPath { get; }

    /// <summary>Id minted with the journal, 26 lower-case letters and digits: the root of its chain and the name of its stream.</summary>
    public string Instance { get; }

    /// <summary>What opening found and repaired.</summary>
    public JournalRecovery Recovery { get; internal set; } = new(false, 0, 0, 0, null, 0, TimeSpan.Zero);

    /// <summary>Number of the last durable entry; 0 in an empty journal.</summary>
    public long DurableSequence => Volatile.Read(ref _durable);

    /// <summary>The last durable entry; in an empty journal number 0 with the hash the first entry links to.</summary>
    public JournalPosition Head
    {
        get
        {
            lock (_headGate) return new JournalPosition(_head, System.Text.Encoding.ASCII.GetString(_headHash));
        }
    }

    /// <summary>The last seal found when opening; <see langword="null"/> where there was none.</summary>
    public SealPoint? RecoveredSeal { get; internal set; }

    /// <summary>False once the disk has failed; then every append fails.</summary>
    public bool IsHealthy => Volatile.Read(ref _fault) is null;

    /// <summary>What the disk said; <see langword="null"/> while the journal is healthy.</summary>
    public AuditJournalException? Fault => Volatile.Read(ref _fault);

    /// <summary>Entries taken but not yet durable.</summary>
    public int QueueLength => _options.QueueEntries - _slots.CurrentCount;

    /// <summary>Exchanges that are open.</summary>
    public int OpenExchanges
    {
        get
        {
            lock (_gate) return _open.Count;
        }
    }

    /// <summary>
    /// Opens the journal of a directory, beginning one where there is none. Verifies the whole chain, cuts off an
    /// interrupted append and keeps it beside in a <c>.torn</c> file, and closes as <c>lost</c> what was left open.
    /// </summary>
    /// <param name="directory">Directory; created where missing.</param>
    /// <param name="options">Limits; <see langword="null"/> for the defaults.</param>
    /// <param name="time">Clock of the entries; <see langword="null"/> for the system's.</param>
    /// <param name="cancellationToken">Gives up; nothing has been changed then unless the journal was already verified.</param>
    /// <exception cref="AuditJournalBrokenException">The chain does not hold. Nothing was changed.</exception>
    /// <exception cref="AuditJournalException">The directory is in use, or cannot be read or written.</exception>
    public static Task<AuditJournal> OpenAsync(
        string directory, AuditJournalOptions? options = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new AuditJournalOptions();
        options.Validate();
        return JournalOpening.OpenAsync(Path.GetFullPath(directory), options, time ?? TimeProvider.System, cancellationToken);
    }

    /// <summary>
    /// Appends an entry; the task completes when it is durable, and with it all entries taken before. Await it once.
    /// </summary>
    /// <param name="entry">The entry; encoded before the call returns, unless the queue is full.</param>
    /// <param name="cancellationToken">Ends waiting for room in the queue. Once taken, an entry is written.</param>
    /// <returns>The entry's number.</returns>
    /// <exception cref="AuditJournalException">The entry is not durable and must be taken for not recorded.</exception>
    /// <exception cref="AuditQueueFullException">The queue is full and <see cref="AuditJournalOptions.WhenFull"/> says reject.</exception>
    /// <exception cref="ArgumentException">The entry cannot be encoded, is too long, or has an id that is none.</exception>
    /// <exception cref="InvalidOperationException">It opens an exchange that is open, or closes one that is not: a fault of the caller.</exception>
    public ValueTask<long> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        var pending = Encode(entry);
        pending.IsAwaited = true;
        var durable = pending.Task;
        if (!TryReserve()) return WaitThenTake(pending, durable, entry, cancellationToken);
        Take(pending, entry);
        return durable;

        async ValueTask<long> WaitThenTake(
            PendingEntry pending, ValueTask<long> durable, AuditEntry entry, CancellationToken cancellationToken)
        {
            await _slots.WaitAsync(cancellationToken);
            Take(pending, entry);
            return await durable;
        }
    }

    /// <summary>
    /// Hands over an entry without waiting for the disk: the task completes when the entry has its place in the order.
    /// It is durable when any entry appended after it is, at the latest some 20 ms later; if it cannot be made durable, all
    /// later appends fail.
    /// </summary>
    /// <param name="entry">The entry.</param>
    /// <param name="cancellationToken">Ends waiting for room in the queue.</param>
    /// <inheritdoc cref="AppendAsync" path="/exception"/>
    public ValueTask EnqueueAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        var pending = Encode(entry);
        pending.IsAwaited = false;
        if (!TryReserve()) return WaitThenTake(pending, entry, cancellationToken);
        Take(pending, entry);
        return ValueTask.CompletedTask;

        async ValueTask WaitThenTake(PendingEntry pending, AuditEntry entry, CancellationToken cancellationToken)
        {
            await _slots.WaitAsync(cancellationToken);
            Take(pending, entry);
        }
    }

    /// <summary>Waits until an entry beyond a number is durable. If the journal fails or is disposed before, the wait does not end by itself.</summary>
    /// <param name="sequence">The number; the task completes when <see cref="DurableSequence"/> is greater.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForDurableAsync(long sequence, CancellationToken cancellationToken = default)
    {
        while (DurableSequence <= sequence)
        {
            var advanced = Volatile.Read(ref _advanced);
            if (advanced is null)
            {
                advanced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (Interlocked.CompareExchange(ref _advanced, advanced, null) is not null) continue;
            }

            // The writer publishes the number before it looks for those who wait; so whoever missed the number is seen.
            if (DurableSequence > sequence) break;
            return WaitAgain(advanced.Task, sequence, cancellationToken);
        }

        return Task.CompletedTask;

        async Task WaitAgain(Task advanced, long sequence, CancellationToken cancellationToken)
        {
            await advanced.WaitAsync(cancellationToken);
            await WaitForDurableAsync(sequence, cancellationToken);
        }
    }

    /// <summary>Waits until everything taken so far is durable.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AuditJournalException">The disk failed before.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        long target;
        lock (_gate)
        {
            target = _taken;
            _isFlushWanted = _queue.Count > 0;
            Monitor.Pulse(_gate);
        }

        while (DurableSequence < target)
        {
            if (Fault is { } fault) throw Stopped(fault);
            await Task.WhenAny(WaitForDurableAsync(target - 1, cancellationToken), Task.Delay(LongestRest, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A reader of the durable entries, also while more are written. Dispose it.</summary>
    public JournalReader OpenReader() => new(DirectoryPath, Instance, () => DurableSequence);

    /// <summary>Writes what is queued, then lets go of the directory. Further appends fail.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
        }

        await _ended.Task;
    }

    private PendingEntry Encode(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!ExchangeIds.IsValid(entry.Id))
            throw new ArgumentException("An exchange id is 1 to 128 letters, digits, dots, underscores, colons or hyphens.", nameof(entry));
        var pending = _pool.Rent();
        pending.Encode(entry);
        if (pending.Body.Length > _options.MaxEntryBytes)
        {
            throw new ArgumentException(
                $"The entry has {pending.Body.Length} bytes; the journal takes {_options.MaxEntryBytes}. Keep fewer findings and count the rest.", nameof(entry));
        }

        return pending;
    }

    private bool TryReserve()
    {
        if (_slots.Wait(0)) return true;
        if (_options.WhenFull == WhenFull.Reject) throw new AuditQueueFullException(_options.QueueEntries);
        return false;
    }

    /// <summary>
    /// There is no better moment: half of all exchanges under way wait here, or the queue is long. The other half has work for the
    /// processors while the disk is waited for.
    /// </summary>
    private bool IsWorthCommitting =>
        _isClosed || _isFlushWanted || (_awaited > 0 && _awaited >= _open.Count) || _queue.Count >= Math.Min(QueueWakes, _options.QueueEntries);

    /// <summary>Puts an entry in the queue. A slot has been reserved; it is given back if the entry cannot be taken.</summary>
    private void Take(PendingEntry pending, AuditEntry entry)
    {
        try
        {
            lock (_gate)
            {
                if (_fault is not null) throw Stopped(_fault);
                ObjectDisposedException.ThrowIf(_isClosed, this);
                Pair(entry);
                pending.Time = _time.GetUtcNow();
                _queue.Add(pending);
                _taken++;
                if (pending.IsAwaited) _awaited++;
                // Waking the writer costs a switch of threads: an entry nobody waits for goes with the next one, or soon.
                if ((_rest == WriterRest.Idle && pending.IsAwaited) || (_rest != WriterRest.None && IsWorthCommitting)) Monitor.Pulse(_gate);
            }
        }
        catch
        {
            _slots.Release();
            _pool.Return(pending);
            throw;
        }
    }

    // "Exactly one close" is kept here, before the chain: a second close in the file would be indistinguishable from
    // tampering, and recovery would refuse the whole journal for a bug of ours.
    private void Pair(AuditEntry entry)
    {
        var fits = entry switch
        {
            OpenEntry => _open.Add(entry.Id),
            CloseEntry => _open.Remove(entry.Id),
            _ => true,
        };
        if (!fits)
        {
            throw new InvalidOperationException(entry is OpenEntry
                ? $"Exchange {entry.Id} is open already."
                : $"Exchange {entry.Id} is not open: closed twice, or never opened.");
        }
    }

    private static AuditJournalException Stopped(Exception fault) =>
        new("The audit journal has stopped after a fault of its disk and must be opened again. " + fault.Message, fault);

    /// <summary>The writer's thread.</summary>
    private void Run()
    {
        var batch = new List<PendingEntry>();
        var done = 0;
        try
        {
            while (TakeAll(ref batch))
            {
                _pace.Begin(Stopwatch.GetTimestamp());
                for (done = 0; done < batch.Count;) done += Commit(batch, done);
                batch.Clear();
                done = 0;
            }

            _writer.Dispose();
        }
        catch (Exception exception)
        {
            // One of the three places that catch everything: whatever went wrong, nobody may believe an entry durable.
            Stop(exception, batch, done);
        }
        finally
        {
            _lock.Dispose();
            _ended.SetResult();
        }
    }

    private bool TakeAll(ref List<PendingEntry> batch)
    {
        lock (_gate)
        {
            // 1. Where commits follow one another others are about to come: they share the next one.
            while (!IsWorthCommitting && _pace.IsGathering(Stopwatch.GetTimestamp()))
            {
                // Waits in whole milliseconds: what is left of this one would be no wait at all.
                _rest = WriterRest.Gathering;
                Monitor.Wait(_gate, CommitPace.Gathering);
            }

            // 2. Until somebody waits. An entry nobody waits for is taken when the rest is over.
            var isOver = false;
            while (_awaited == 0 && !IsWorthCommitting && !(isOver && _queue.Count > 0))
            {
                _rest = WriterRest.Idle;
                isOver = !Monitor.Wait(_gate, LongestRest);
            }

            _rest = WriterRest.None;
            (batch, _queue) = (_queue, batch);
            _awaited = 0;
            _isFlushWanted = false;
            return batch.Count > 0;
        }
    }

    private int Commit(List<PendingEntry> batch, int from)
    {
        var started = Stopwatch.GetTimestamp();
        var count = _writer.Commit(batch, from);
        var first = _writer.Sequence - count + 1;
        NoteHead();
        Volatile.Write(ref _durable, _writer.Sequence);
        Interlocked.MemoryBarrier();
        Interlocked.Exchange(ref _advanced, null)?.TrySetResult();
        _slots.Release(count);
        for (var index = 0; index < count; index++) batch[from + index].Complete(first + index);
        _options.OnCommit?.Invoke(new JournalCommit(count, _writer.CommittedBytes, Stopwatch.GetElapsedTime(started)));
        return count;
    }

    private void NoteHead()
    {
        lock (_headGate)
        {
            _writer.CopyHash(_headHash);
            _head = _writer.Sequence;
        }
    }

    private void Stop(Exception exception, List<PendingEntry> batch, int done)
    {
        _writer.Abandon();
        var fault = new AuditJournalException(
            $"The audit journal in {DirectoryPath} could not be written: {exception.Message} Free or repair the disk, then restart.", exception);
        List<PendingEntry> queued;
        lock (_gate)
        {
            Volatile.Write(ref _fault, fault);
            queued = _queue;
            _queue = [];
        }

        for (var index = done; index < batch.Count; index++) batch[index].Fail(Stopped(fault));
        foreach (var pending in queued) pending.Fail(Stopped(fault));
        _slots.Release(batch.Count - done + queued.Count);
        _options.OnFault?.Invoke(fault);
    }
}
