using System.Collections.Concurrent;
using Gateway.Tenants;

namespace Gateway.Sanctions;

/// <summary>What one node counts by itself: where there is no Redis, and while Redis is away.</summary>
internal sealed class LocalLedger(Ladder ladder, StandingFile file)
{
    /// <summary>Accounts beyond which idle ones are forgotten.</summary>
    private const int ManyAccounts = 200_000;

    private const int KeptTurns = 100;
    private const int MinuteLength = 60_000;
    private const int UtcDayLength = 86_400_000;

    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private int _sweeping;

    /// <summary>Takes over what the file knows.</summary>
    /// <returns>Users whose standing Redis did not know, with the keys of their tenants.</returns>
    public IReadOnlyList<(string User, string Tenant, UserState State)> Load()
    {
        var owed = new List<(string User, string Tenant, UserState State)>();
        foreach (var (key, standing, owedTo) in file.Read())
        {
            Of(key).Standing = standing;
            if (owedTo is not null) owed.Add((key, owedTo, standing.State));
        }

        return owed;
    }

    public Admission Admit(LedgerCaller caller, long now)
    {
        var standing = default(Standing);
        var user = caller.UserKey is null ? null : Of(caller.UserKey);
        if (user is not null)
        {
            lock (user) standing = user.Standing = Ladder.At(user.Standing, now);
            if (standing.IsShut) return new Admission(standing, 0, false);
        }

        // Concurrency first: it is given back where something else is reached.
        var tenant = caller.TenantLimits.IsNone ? null : Of(caller.TenantKey);
        var limit = tenant?.Enter(caller.TenantLimits, now) ?? 0;
        if (limit > 0 || user is null) return new Admission(standing, limit, false);
        limit = user.Enter(caller.UserLimits, now);
        if (limit == 0 && standing.State == UserState.Limited && !user.TakeLimited(ladder.Options.LimitedRequestsPerMinute, now))
        {
            user.Undo(caller.UserLimits);
            tenant?.Undo(caller.TenantLimits);
            return new Admission(standing, 9, false);
        }

        if (limit > 0) tenant?.Undo(caller.TenantLimits);
        return new Admission(standing, limit == 0 ? 0 : limit + 4, false);
    }

    public void Leave(LedgerCaller caller, long tokens, long now)
    {
        if (!caller.TenantLimits.IsNone) Of(caller.TenantKey).Leave(caller.TenantLimits, tokens, now);
        if (caller.UserKey is { } user && !caller.UserLimits.IsNone) Of(user).Leave(caller.UserLimits, tokens, now);
    }

    /// <summary>Tokens of an exchange that took no place here.</summary>
    public void Use(LedgerCaller caller, long tokens, long now)
    {
        if (!caller.TenantLimits.IsNone) Of(caller.TenantKey).Use(caller.TenantLimits, tokens, now);
        if (caller.UserKey is { } user && !caller.UserLimits.IsNone) Of(user).Use(caller.UserLimits, tokens, now);
    }

    /// <returns>The standing, and whether its state has changed.</returns>
    public (Standing Standing, bool IsChanged) Blocked(BlockedTurn turn, long now)
    {
        var account = Of(turn.UserKey);
        lock (account)
        {
            account.Remember(turn.Digests, KeptTurns);
            var before = account.Standing = Ladder.At(account.Standing, now);
            if (turn.Retry is not null && !account.IsNew(turn.Retry)) return (before, false);
            var after = ladder.Blocked(before, now);
            var isChanged = after.State != before.State;
            if (isChanged) after = after with { Tenant = turn.Tenant, Subject = turn.Subject ?? after.Subject };
            account.Standing = after;
            if (isChanged) file.Note(turn.UserKey, after);
            return (after, isChanged);
        }
    }

    public void Clean(string user, long now)
    {
        if (!_accounts.TryGetValue(user, out var account)) return;
        lock (account) account.Standing = Ladder.Clean(account.Standing, now);
    }

    public Standing Show(string user, long now) => _accounts.TryGetValue(user, out var account) ? Ladder.At(account.Standing, now) : default;

    /// <summary>Sets a state by hand, or because Redis says so.</summary>
    /// <returns>The state before.</returns>
    public UserState Set(string user, Standing standing, long now)
    {
        var account = Of(user);
        lock (account)
        {
            var before = Ladder.At(account.Standing, now);
            account.Standing = standing with { Suspensions = Math.Max(standing.Suspensions, before.Suspensions), Tenant = standing.Tenant ?? before.Tenant, Subject = standing.Subject ?? before.Subject };
            if (standing.State != before.State || standing.Appeal != before.Appeal) file.Note(user, account.Standing);
            return before.State;
        }
    }

    public bool[] Known(string user, IReadOnlyList<string> turns)
    {
        if (!_accounts.TryGetValue(user, out var account)) return new bool[turns.Count];
        lock (account) return [.. turns.Select(account.HasTurn)];
    }

    /// <summary>What Redis said of a user is remembered only where it matters once Redis is away.</summary>
    public void Mirror(string user, Standing standing, long now)
    {
        if (standing is { State: UserState.None, InRow: 0, Today: 0 } && !_accounts.ContainsKey(user)) return;
        var known = Show(user, now);
        if (known.State != standing.State) Set(user, standing, now);
        else if (known.InRow != standing.InRow || known.Today != standing.Today)
        {
            var account = Of(user);
            lock (account) account.Standing = account.Standing with { InRow = standing.InRow, Today = standing.Today, Day = standing.Day };
        }
    }

    /// <summary>A page of users under a measure, in the order of their keys.</summary>
    public (IReadOnlyList<MeasuredUser> Users, string? Next) List(Func<Standing, string> tenantOf, string? tenant, IReadOnlyList<UserState> states, int limit, string? cursor, long now)
    {
        var found = _accounts.Select(pair => (User: pair.Key, Standing: Ladder.At(pair.Value.Standing, now)))
            .Where(pair => states.Contains(pair.Standing.State) && (cursor is null || string.CompareOrdinal(pair.User, cursor) > 0))
            .Select(pair => new MeasuredUser(tenantOf(pair.Standing), pair.User, pair.Standing))
            .Where(user => tenant is null || user.TenantKey == tenant)
            .OrderBy(user => user.UserKey, StringComparer.Ordinal).Take(limit + 1).ToList();
        return found.Count <= limit ? (found, null) : (found[..limit], found[limit - 1].UserKey);
    }

    /// <summary>How many users are shut out, and how many limited.</summary>
    public (long Shut, long Limited) Count(long now)
    {
        var (shut, limited) = (0L, 0L);
        foreach (var (_, account) in _accounts)
        {
            var standing = Ladder.At(account.Standing, now);
            if (standing.IsShut) shut++;
            else if (standing.State == UserState.Limited) limited++;
        }

        return (shut, limited);
    }

    /// <summary>The user whom a pseudonym stands for.</summary>
    public string? Find(string subject) => _accounts.FirstOrDefault(pair => pair.Value.Standing.Subject == subject).Key;

    /// <summary>A pseudonym is that of a user under a measure.</summary>
    /// <returns>False where that was known.</returns>
    public bool Point(string user, string? tenant, string subject)
    {
        var account = Of(user);
        lock (account)
        {
            if (account.Standing.Subject == subject) return false;
            account.Standing = account.Standing with { Subject = subject, Tenant = tenant };
            return true;
        }
    }

    private Account Of(string key)
    {
        if (_accounts.TryGetValue(key, out var account)) return account;
        if (_accounts.Count > ManyAccounts && Interlocked.Exchange(ref _sweeping, 1) == 0)
        {
            foreach (var pair in _accounts)
            {
                if (pair.Value.IsIdle) _accounts.TryRemove(pair);
            }

            Volatile.Write(ref _sweeping, 0);
        }

        return _accounts.GetOrAdd(key, static _ => new Account());
    }

    /// <summary>One tenant or user.</summary>
    private sealed class Account
    {
        private int _running;
        private int _requests;
        private int _limited;
        private long _tokens;
        private long _tokensToday;
        private long _minute;
        private long _day;
        private List<string>? _turns;
        private HashSet<string>? _retries;

        public Standing Standing { get; set; }

        public bool IsIdle => Volatile.Read(ref _running) == 0 && Standing.State == UserState.None && Standing.Today == 0 && _turns is null && _tokensToday == 0;

        /// <summary>1 to 4 where a limit is reached.</summary>
        public int Enter(UsageLimits limits, long now)
        {
            if (limits.IsNone) return 0;
            lock (this)
            {
                Turn(now);
                if (limits.RequestsPerMinute > 0 && _requests >= limits.RequestsPerMinute) return 2;
                if (limits.TokensPerMinute > 0 && _tokens >= limits.TokensPerMinute) return 3;
                if (limits.TokensPerDay > 0 && _tokensToday >= limits.TokensPerDay) return 4;
                if (limits.Concurrency > 0 && _running >= limits.Concurrency) return 1;
                _running++;
                _requests++;
                return 0;
            }
        }

        public bool TakeLimited(int most, long now)
        {
            lock (this)
            {
                Turn(now);
                if (_limited >= most) return false;
                _limited++;
                return true;
            }
        }

        public void Undo(UsageLimits limits)
        {
            if (limits.IsNone) return;
            lock (this)
            {
                _running--;
                _requests = Math.Max(0, _requests - 1);
            }
        }

        public void Leave(UsageLimits limits, long tokens, long now)
        {
            lock (this)
            {
                _running = Math.Max(0, _running - 1);
                Use(limits, tokens, now);
            }
        }

        public void Use(UsageLimits limits, long tokens, long now)
        {
            lock (this)
            {
                Turn(now);
                if (limits.TokensPerMinute > 0) _tokens += tokens;
                if (limits.TokensPerDay > 0) _tokensToday += tokens;
            }
        }

        public void Remember(IReadOnlyList<string> turns, int most)
        {
            if (turns.Count == 0) return;
            _turns ??= [];
            foreach (var turn in turns.Where(turn => !_turns.Contains(turn))) _turns.Add(turn);
            if (_turns.Count > most) _turns.RemoveRange(0, _turns.Count - most);
        }

        public bool HasTurn(string turn) => _turns?.Contains(turn) == true;

        /// <summary>True the first time. Retries of one turn come within seconds; a few are enough to remember.</summary>
        public bool IsNew(string retry)
        {
            _retries ??= new HashSet<string>(StringComparer.Ordinal);
            if (_retries.Count >= KeptTurns) _retries.Clear();
            return _retries.Add(retry);
        }

        private void Turn(long now)
        {
            if (now / MinuteLength != _minute) (_minute, _requests, _tokens, _limited) = (now / MinuteLength, 0, 0, 0);
            if (now / UtcDayLength != _day) (_day, _tokensToday) = (now / UtcDayLength, 0);
        }
    }
}
