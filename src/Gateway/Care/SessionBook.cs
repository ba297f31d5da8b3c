using Gateway.Inspection.Policies;

namespace Gateway.Care;

/// <summary>How long each user of a companion service has been talking. Held in memory: a gateway that restarts begins anew.</summary>
internal sealed class SessionBook(TimeProvider clock)
{
    public const string First = "ai";
    public const string Duration = "duration";
    public const string Dependence = "dependence";

    private const int Most = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string User), Session> _sessions = [];

    /// <summary>A user asks something.</summary>
    /// <returns>The notices that are due.</returns>
    public IReadOnlyList<string> Visit(string? tenant, string user, SessionRules rules, bool showsDependence)
    {
        var now = clock.GetUtcNow();
        List<string>? due = null;
        lock (_gate)
        {
            var key = (tenant ?? "", user);
            if (!_sessions.TryGetValue(key, out var session) || now - session.Last > rules.Idle)
            {
                if (session is null && _sessions.Count >= Most) Forget(now);
                _sessions[key] = session = new Session { Start = now, Dependence = session?.Dependence };
                (due ??= []).Add(First);
            }

            session.Last = now;
            var reminders = (int)((now - session.Start) / rules.Reminder);
            if (reminders > session.Reminders)
            {
                session.Reminders = reminders;
                (due ??= []).Add(Duration);
            }

            if (showsDependence && (session.Dependence is null || now - session.Dependence >= rules.DependencePause))
            {
                session.Dependence = now;
                (due ??= []).Add(Dependence);
            }
        }

        return due ?? (IReadOnlyList<string>)[];
    }

    /// <summary>The user leaves: the next turn begins a conversation of its own.</summary>
    public void End(string? tenant, string user)
    {
        lock (_gate) _sessions.Remove((tenant ?? "", user));
    }

    /// <summary>Makes room: a day without a word is long past any pause; where that is not enough, half of them go.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var key in _sessions.Where(pair => now - pair.Value.Last > TimeSpan.FromDays(1)).Select(pair => pair.Key).ToList()) _sessions.Remove(key);
        if (_sessions.Count < Most) return;
        foreach (var key in _sessions.OrderBy(pair => pair.Value.Last).Take(Most / 2).Select(pair => pair.Key).ToList()) _sessions.Remove(key);
    }

    private sealed class Session
    {
        public DateTimeOffset Start { get; init; }

        public DateTimeOffset Last { get; set; }

        public DateTimeOffset? Dependence { get; set; }

        public int Reminders { get; set; }
    }
}
