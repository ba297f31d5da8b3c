using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;

namespace Gateway.Audit.Tests;

/// <summary>A sink in memory that keeps the contract and fails, half-writes and loses everything by seed.</summary>
internal sealed class UnsteadySink(int seed) : IAuditSink
{
    private readonly Random _random = new(seed);
    private readonly object _gate = new();
    private readonly List<JournalEntry> _held = [];
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Faults still to come; with none left it is steady.</summary>
    public int Faults { get; set; }

    public bool IsDown { get; set; }

    public int Opens { get; private set; }

    public Task Opened => _opened.Task;

    public JournalEntry[] Held()
    {
        lock (_gate) return [.. _held];
    }

    public void Hold(JournalEntry entry)
    {
        lock (_gate) _held.Add(entry);
    }

    public void Empty()
    {
        lock (_gate) _held.Clear();
    }

    public ValueTask<JournalPosition> OpenAsync(string instance, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Opens++;
            if (IsDown) throw new IOException("down");
            if (Fault(4)) throw new IOException("cannot connect");
            _opened.TrySetResult();
            return ValueTask.FromResult(_held.Count == 0 ? JournalPosition.None : new JournalPosition(_held[^1].Sequence, _held[^1].Hash));
        }
    }

    public ValueTask BeginAfterAsync(long sequence, CancellationToken cancellationToken)
    {
        BegunAfter = sequence;
        return ValueTask.CompletedTask;
    }

    public long BegunAfter { get; private set; }

    public async ValueTask WriteAsync(IReadOnlyList<JournalEntry> batch, CancellationToken cancellationToken)
    {
        await Task.Yield();
        lock (_gate)
        {
            if (IsDown || Fault(5)) throw new IOException("broken pipe");
            if (Fault(5)) _held.Clear();
            if ((_held.Count == 0 ? BegunAfter : _held[^1].Sequence) != batch[0].Sequence - 1) throw new InvalidOperationException("not the end");
            if (Fault(3))
            {
                _held.AddRange(batch.Take(_random.Next(batch.Count + 1)));
                throw new TimeoutException("half written");
            }

            _held.AddRange(batch);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Fault(int oneIn)
    {
        if (Faults == 0 || _random.Next(oneIn) != 0) return false;
        Faults--;
        return true;
    }
}
