namespace Gateway.Sanctions;

/// <summary>Tokens of exchanges that ended while Redis was away, added up for each tenant and user until Redis has them. Bounded, as <see cref="OwedSteps"/> is.</summary>
internal sealed class OwedTokens
{
    /// <summary>Sums held at the most.</summary>
    public const int Most = 50_000;

    private const int MinuteLength = 60_000;
    private const int UtcDayLength = 86_400_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string? User, long Day), OwedUse> _open = [];
    private readonly Queue<OwedUse> _paying = [];

    /// <summary>Tokens that wait.</summary>
    public long Sum
    {
        get
        {
            lock (_gate) return _open.Values.Sum(static use => use.InDay) + _paying.Sum(static use => use.InDay);
        }
    }

    /// <summary>Takes tokens.</summary>
    /// <returns>False where they do not fit: Redis will not hear of them.</returns>
    public bool TryAdd(LedgerCaller caller, long tokens, long now)
    {
        if (tokens <= 0 || !Counts(caller)) return true;
        var (minute, day) = (now / MinuteLength, now / UtcDayLength);
        lock (_gate)
        {
            var key = (caller.TenantKey, caller.UserKey, day);
            if (_open.TryGetValue(key, out var use))
            {
                _open[key] = use with { Caller = caller, Minute = minute, InMinute = (use.Minute == minute ? use.InMinute : 0) + tokens, InDay = use.InDay + tokens };
                return true;
            }

            if (_open.Count + _paying.Count >= Most) return false;
            _open[key] = new OwedUse(Guid.NewGuid().ToString("n"), caller, minute, tokens, day, tokens);
            return true;
        }
    }

    /// <summary>The next sum to bring; <see langword="null"/> for none. It stays the next one, unchanged, until it is <see cref="Done"/>: what comes meanwhile is a sum of its own.</summary>
    public OwedUse? Next()
    {
        lock (_gate)
        {
            if (_paying.Count == 0)
            {
                foreach (var use in _open.Values) _paying.Enqueue(use);
                _open.Clear();
            }

            return _paying.TryPeek(out var next) ? next : null;
        }
    }

    /// <summary>Redis has it.</summary>
    public void Done(OwedUse use)
    {
        lock (_gate)
        {
            if (_paying.TryPeek(out var first) && first == use) _paying.Dequeue();
        }
    }

    private static bool Counts(LedgerCaller caller) =>
        caller.TenantLimits is { TokensPerMinute: > 0 } or { TokensPerDay: > 0 } || (caller.UserKey is not null && caller.UserLimits is { TokensPerMinute: > 0 } or { TokensPerDay: > 0 });
}
