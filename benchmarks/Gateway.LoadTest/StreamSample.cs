namespace Gateway.LoadTest;

/// <summary>Waiting times of streams, milliseconds.</summary>
internal sealed class StreamSample
{
    private readonly List<double> _first = [];
    private readonly List<double> _events = [];
    private readonly Lock _gate = new();
    private int _late;
    private int _seen;

    /// <summary>Streams that came with every event and their end.</summary>
    public int Complete { get; private set; }

    /// <summary>Streams in all.</summary>
    public int Streams { get; private set; }

    /// <summary>Share of the streams whose first event came only with a later one.</summary>
    public double LateShare => Streams == 0 ? double.NaN : (double)_late / Streams;

    /// <summary>Events that have come so far, of streams that go on too.</summary>
    public int Seen => Volatile.Read(ref _seen);

    /// <summary>Bytes that the server allocated while every stream was in the middle of its answer, and the events of that time.</summary>
    public (double Bytes, double Events) InFlight { get; private set; }

    /// <summary>Bytes that the server allocates an event, what an exchange costs at its beginning and end left out.</summary>
    public double AllocatedPerEvent => InFlight.Bytes / InFlight.Events;

    public void Saw(int events) => Interlocked.Add(ref _seen, events);

    public void Allocated(double bytes, int events) => InFlight = (InFlight.Bytes + bytes, InFlight.Events + events);

    public void Add(double first, IReadOnlyCollection<double> events, bool isComplete)
    {
        lock (_gate)
        {
            Streams++;
            if (isComplete) Complete++;
            if (events.Count > 0 && events.First() > 500.0 / PacedModelServer.EventsPerSecond) _late++;
            _first.Add(first);
            _events.AddRange(events);
        }
    }

    /// <summary>Time to the first token at a rank of 0 to 1.</summary>
    public double First(double rank) => At(_first, rank);

    /// <summary>Time from the model server's write to the client's read of an event, at a rank of 0 to 1.</summary>
    public double Event(double rank) => At(_events, rank);

    private static double At(List<double> values, double rank)
    {
        if (values.Count == 0) return double.NaN;
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(values.Count * rank))];
    }
}
