using System.Collections.Concurrent;

namespace Gateway.Sanctions;

/// <summary>
/// What this node counted alone, in order for each user, until Redis has it. While a user is here this node goes on counting for the user, so that nothing
/// overtakes. Bounded: what does not fit is counted by this node alone, and said.
/// </summary>
internal sealed class OwedSteps
{
    /// <summary>Steps held at the most.</summary>
    public const int Most = 50_000;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Steps that wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Users who wait, as of now.</summary>
    public IReadOnlyList<string> Users => [.. _accounts.Keys];

    /// <summary>Redis does not know all of a user yet.</summary>
    public bool Has(string user) => !_accounts.IsEmpty && _accounts.ContainsKey(user);

    /// <summary>Takes a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="decided">The state that this node came to by it; <see cref="UserState.None"/> where nothing changed.</param>
    /// <returns>False where it does not fit: Redis will not hear of it.</returns>
    public bool TryAdd(OwedStep step, UserState decided)
    {
        lock (_gate)
        {
            var account = _accounts.GetValueOrDefault(step.UserKey);
            if (step.Turn is null && account?.Steps.LastOrDefault() is { Turn: null }) return true;
            if (account is null)
            {
                if (_accounts.Count >= Most) return false;
                _accounts[step.UserKey] = account = new Account(step.TenantKey);
            }

            if (decided > account.Decided) account.Decided = decided;
            if (_count >= Most) return false;
            account.Steps.Enqueue(step);
            _count++;
            return true;
        }
    }

    /// <summary>A user whose standing was decided alone before a restart.</summary>
    public void AddDecided(string tenant, string user, UserState decided)
    {
        lock (_gate) _accounts[user] = new Account(tenant) { Decided = decided };
    }

    /// <summary>The next step of a user; <see langword="null"/> where there is none.</summary>
    public OwedStep? Next(string user)
    {
        lock (_gate) return _accounts.TryGetValue(user, out var account) && account.Steps.TryPeek(out var step) ? step : null;
    }

    /// <summary>Redis has the step.</summary>
    public void Done(OwedStep step)
    {
        lock (_gate)
        {
            if (!_accounts.TryGetValue(step.UserKey, out var account) || !account.Steps.TryPeek(out var first) || first != step) return;
            account.Steps.Dequeue();
            _count--;
        }
    }

    /// <summary>The sternest state that this node came to alone, and whose user it is.</summary>
    public (string TenantKey, UserState State)? DecidedOn(string user)
    {
        lock (_gate) return _accounts.TryGetValue(user, out var account) ? (account.TenantKey, account.Decided) : null;
    }

    /// <summary>Redis knows everything of a user.</summary>
    /// <returns>False where more has come.</returns>
    public bool TryClose(string user)
    {
        lock (_gate) return !_accounts.TryGetValue(user, out var account) || (account.Steps.Count == 0 && _accounts.TryRemove(user, out _));
    }

    /// <summary>Forgets a user: somebody has decided otherwise.</summary>
    public void Drop(string user)
    {
        lock (_gate)
        {
            if (_accounts.TryRemove(user, out var account)) _count -= account.Steps.Count;
        }
    }

    private sealed class Account(string tenantKey)
    {
        public string TenantKey { get; } = tenantKey;

        public Queue<OwedStep> Steps { get; } = [];

        public UserState Decided { get; set; }
    }
}
