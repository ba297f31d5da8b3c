using Gateway.Audit.Journal;

namespace Gateway.Audit.Forwarding;

/// <summary>
/// Brings the journal's durable entries to a sink, in order, each once. The journal is the queue: nothing is lost and
/// nothing waits while the sink is away, and after any fault the sink's own last entry says where to go on.
/// </summary>
public sealed class AuditForwarder
{
    private readonly AuditJournal _journal;
    private readonly IAuditSink _sink;
    private readonly AuditForwarderOptions _options;
    private readonly TimeProvider _time;
    private JournalPosition _last;
    private long _forwarded;
    private int _state;
    private string? _alarm;
    private string? _lastFault;
    private long _oldestWaitingTicks;

    /// <summary>Prepares forwarding. Nothing happens before <see cref="RunAsync"/>.</summary>
    /// <param name="journal">Where from.</param>
    /// <param name="sink">Where to; its owner disposes it after the run.</param>
    /// <param name="options">Sizes and times; <see langword="null"/> for the defaults.</param>
    /// <param name="time">Clock; <see langword="null"/> for the system's.</param>
    public AuditForwarder(AuditJournal journal, IAuditSink sink, AuditForwarderOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(sink);
        _journal = journal;
        _sink = sink;
        _options = options ?? new AuditForwarderOptions();
        _options.Validate();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>How forwarding stands.</summary>
    public ForwarderState State => (ForwarderState)Volatile.Read(ref _state);

    /// <summary>Why it stopped and what to do; <see langword="null"/> unless a conflict or an altered journal stopped it.</summary>
    public string? Alarm => Volatile.Read(ref _alarm);

    /// <summary>The last fault; <see langword="null"/> before the first and once the sink answers again.</summary>
    public string? LastFault => Volatile.Read(ref _lastFault);

    /// <summary>Number of the last entry the sink is known to hold; 0 until it has answered once.</summary>
    public long ForwardedSequence => Volatile.Read(ref _forwarded);

    /// <summary>Durable entries the sink does not hold yet. Until it has answered once, all of them.</summary>
    public long EntriesBehind => Math.Max(0, _journal.DurableSequence - ForwardedSequence);

    /// <summary>Age of the oldest durable entry the sink does not hold; zero if there is none or its age is not known yet.</summary>
    public TimeSpan OldestWaiting
    {
        get
        {
            var ticks = Volatile.Read(ref _oldestWaitingTicks);
            if (ticks == 0 || EntriesBehind == 0) return TimeSpan.Zero;
            var age = _time.GetUtcNow().UtcTicks - ticks;
            return age > 0 ? TimeSpan.FromTicks(age) : TimeSpan.Zero;
        }
    }

    /// <summary>Forwards until cancelled, or until it finds a conflict or an altered journal. Run it once.</summary>
    /// <param name="cancellationToken">Ends it without an exception.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var reader = _journal.OpenReader();
        var wait = _options.FirstRetry;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ForwardAsync(reader, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception) when (exception is AuditSinkConflictException or AuditJournalBrokenException)
            {
                // Nothing that time heals: the sink or the journal's files are not what was written.
                Volatile.Write(ref _alarm, exception.Message);
                Become(ForwarderState.Stopped, exception.Message);
                return;
            }
            catch (Exception exception)
            {
                // Whatever a sink throws means: not written. The loop is the audit's one place that catches everything.
                if (State == ForwarderState.Connected) wait = _options.FirstRetry;
                Volatile.Write(ref _lastFault, exception.Message);
                Become(ForwarderState.Retrying, exception.Message);
            }

            NoteOldest(reader);
            try
            {
                await Task.Delay(wait, _time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            wait = wait * 2 < _options.LongestRetry ? wait * 2 : _options.LongestRetry;
        }

        Become(ForwarderState.Stopped, null);
    }

    /// <summary>Opens the sink and forwards until something fails.</summary>
    private async Task ForwardAsync(JournalReader reader, CancellationToken cancellationToken)
    {
        await CompareAsync(reader, cancellationToken);
        var batch = new List<JournalEntry>();
        while (true)
        {
            ReadBatch(reader, batch);
            if (batch.Count == 0)
            {
                Volatile.Write(ref _oldestWaitingTicks, 0);
                if (!await WaitForEntriesAsync(cancellationToken)) await CompareAsync(reader, cancellationToken);
                continue;
            }

            Volatile.Write(ref _oldestWaitingTicks, batch[0].Time.UtcTicks);
            await _sink.WriteAsync(batch, cancellationToken);
            Forwarded(new JournalPosition(batch[^1].Sequence, batch[^1].Hash));
        }
    }

    /// <summary>Asks the sink for its last entry, compares it with the journal's, and goes on after it.</summary>
    private async Task CompareAsync(JournalReader reader, CancellationToken cancellationToken)
    {
        var held = await _sink.OpenAsync(_journal.Instance, cancellationToken);
        if (State == ForwarderState.Connected && held == _last) return;
        var end = _journal.DurableSequence;
        if (held.Sequence > end)
        {
            throw new AuditSinkConflictException(
                $"The sink already holds entry {held.Sequence} of journal {_journal.Instance}, but the journal ends at entry {end}: the journal was " +
                "restored from an older copy or another writes under its name. Start with an empty audit directory, which gets a name of its own.");
        }

        // The archive has taken over the beginning: a sink that lost its data goes on from there.
        var start = JournalStart.Read(_journal.DirectoryPath)?.Sequence ?? 0;
        if (held.Sequence < start)
        {
            await _sink.BeginAfterAsync(start, cancellationToken);
            held = new JournalPosition(start, null);
        }

        if (held.Hash is not null && held.Sequence > start)
        {
            reader.SeekAfter(held.Sequence - 1);
            if (!reader.TryRead(out var own))
                throw new AuditJournalException($"Entry {held.Sequence} of journal {_journal.Instance} could not be read back.");
            if (!string.Equals(own.Hash, held.Hash, StringComparison.Ordinal))
            {
                throw new AuditSinkConflictException(
                    $"The sink holds another entry {held.Sequence} of journal {_journal.Instance} (hash {held.Hash}) than the journal (hash {own.Hash}): " +
                    "one of the two was altered. Nothing was overwritten. Run `gateway audit verify` on the journal and compare.");
            }
        }

        reader.SeekAfter(held.Sequence);
        Forwarded(held);
        Volatile.Write(ref _lastFault, null);
        Become(ForwarderState.Connected, null);
    }

    private void Forwarded(JournalPosition position)
    {
        _last = position;
        Volatile.Write(ref _forwarded, position.Sequence);
    }

    private void ReadBatch(JournalReader reader, List<JournalEntry> batch)
    {
        batch.Clear();
        var bytes = 0;
        while (batch.Count < _options.BatchEntries && bytes < _options.BatchBytes && reader.TryRead(out var entry))
        {
            batch.Add(entry);
            bytes += entry.Json.Length;
        }
    }

    /// <returns><see langword="false"/> if none came in time.</returns>
    private async Task<bool> WaitForEntriesAsync(CancellationToken cancellationToken)
    {
        var entries = _journal.WaitForDurableAsync(ForwardedSequence, cancellationToken);
        if (entries.IsCompletedSuccessfully) return true;
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(_options.IdleCheck, _time, idle.Token);
        var first = await Task.WhenAny(entries, timer);
        await idle.CancelAsync();
        await first;
        return first == entries;
    }

    // The age of what waits is what an operator watches while the sink is away, so it is looked up at each fault.
    private void NoteOldest(JournalReader reader)
    {
        try
        {
            reader.SeekAfter(ForwardedSequence);
            Volatile.Write(ref _oldestWaitingTicks, reader.TryRead(out var oldest) ? oldest.Time.UtcTicks : 0);
        }
        catch (AuditJournalException exception)
        {
            Volatile.Write(ref _lastFault, exception.Message);
        }
    }

    private void Become(ForwarderState state, string? text)
    {
        var before = (ForwarderState)Interlocked.Exchange(ref _state, (int)state);
        if (before != state || text is not null) _options.OnState?.Invoke(state, text);
    }
}
