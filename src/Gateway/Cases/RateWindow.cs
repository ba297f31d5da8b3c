namespace Gateway.Cases;

/// <summary>Counts calls by caller in windows of a minute.</summary>
internal sealed class RateWindow(int most, TimeProvider clock)
{
    private const int MostCallers = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private long _minute = -1;

    /// <summary>Takes a call.</summary>
    /// <returns>False when the caller has had its share.</returns>
    public bool TryTake(string caller)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        lock (_gate)
        {
            if (minute != _minute)
            {
                _minute = minute;
                _counts.Clear();
            }

            var count = _counts.GetValueOrDefault(caller);
            if (count >= most || (count == 0 && _counts.Count >= MostCallers)) return false;
            _counts[caller] = count + 1;
            return true;
        }
    }
}
