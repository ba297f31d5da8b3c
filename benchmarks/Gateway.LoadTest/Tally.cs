namespace Gateway.LoadTest;

/// <summary>What one server did in all measured slices of one row.</summary>
internal sealed class Tally
{
    private const int MaxFaults = 5;

    private readonly List<double> _latencies = [];
    private readonly List<double> _firstBytes = [];
    private readonly List<double> _rates = [];
    private readonly List<string> _faults = [];
    private double _serverSeconds, _ownSeconds;
    private double? _allocatedBefore;
    private int _checkedBefore;

    public int Completed => _latencies.Count;

    /// <summary>Exchanges a second in each measured slice.</summary>
    public IReadOnlyList<double> Rates => _rates;

    /// <summary>The middle of <see cref="Rates"/>.</summary>
    public double Rate => Quantile([.. _rates], 0.5);

    /// <summary>Processor time of the server for one exchange: steadier than the rate on a busy machine.</summary>
    public double ServerMicroseconds => Completed == 0 ? 0 : _serverSeconds / Completed * 1e6;

    /// <summary>Processor time of the load test itself, model server included, for one exchange.</summary>
    public double OwnMicroseconds => Completed == 0 ? 0 : _ownSeconds / Completed * 1e6;

    /// <summary>Bytes the server allocated on its managed heap for one exchange; 0 where it does not say.</summary>
    public double AllocatedBytes { get; private set; }

    /// <summary>Exchanges whose answer was looked at, timed or not.</summary>
    public int Checked { get; private set; }

    /// <summary>Exchanges with a planted word, and how many were blocked; warm-up and stragglers included.</summary>
    public int Planted { get; private set; }

    public int Blocked { get; private set; }

    public int WrongAnswers { get; private set; }

    public IReadOnlyList<string> Faults => _faults;

    public double Latency(double quantile) => Quantile(_latencies, quantile);

    public double FirstByte(double quantile) => Quantile(_firstBytes, quantile);

    public void Add(double milliseconds, double? firstByteMilliseconds)
    {
        _latencies.Add(milliseconds);
        if (firstByteMilliseconds is { } first) _firstBytes.Add(first);
    }

    public void Count(bool planted, bool blocked)
    {
        Checked++;
        if (planted) Planted++;
        if (blocked) Blocked++;
    }

    public void BeginMeasuring(double? allocated) => (_allocatedBefore, _checkedBefore) = (allocated, Checked);

    public void EndMeasuring(double? allocated)
    {
        if (allocated is { } after && _allocatedBefore is { } before) AllocatedBytes = (after - before) / Math.Max(1, Checked - _checkedBefore);
    }

    public void EndSlice(double rate, double serverSeconds, double ownSeconds)
    {
        _rates.Add(rate);
        _serverSeconds += serverSeconds;
        _ownSeconds += ownSeconds;
    }

    public void AddFault(string fault)
    {
        WrongAnswers++;
        if (_faults.Count < MaxFaults) _faults.Add(fault);
    }

    public void Add(Tally other)
    {
        _latencies.AddRange(other._latencies);
        _firstBytes.AddRange(other._firstBytes);
        Checked += other.Checked;
        Planted += other.Planted;
        Blocked += other.Blocked;
        WrongAnswers += other.WrongAnswers;
        _faults.AddRange(other._faults.Take(MaxFaults - _faults.Count));
    }

    private static double Quantile(List<double> values, double quantile)
    {
        if (values.Count == 0) return 0;
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(quantile * values.Count))];
    }
}
