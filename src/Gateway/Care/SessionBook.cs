using Gateway.Inspection.Policies;
using Gateway.Sanctions;

namespace Gateway.Care;

/// <summary>
/// How long each user of a companion service has been talking: with Redis on all nodes together, else on this one. While Redis is away this node goes on from
/// what it saw last; a gateway without Redis that restarts begins anew.
/// </summary>
internal sealed class SessionBook(TimeProvider clock, LedgerConnection? shared = null, UserKeys? keys = null)
{
    public const string First = "ai";
    public const string Duration = "duration";
    public const string Dependence = "dependence";

    private const int Most = 100_000;
    private const int Attempts = 5;

    /// <summary>Puts a session in place of the one that was read, unless another node was quicker. KEYS[1] session; ARGV: the one that was read, the new one.</summary>
    private const string Replace =
        """
        if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2], 'EX', 172800)
        return 1
        """;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string User), Session> _sessions = [];

    /// <summary>In whole milliseconds: what comes back from Redis must be neither older nor newer than it was.</summary>
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>A user asks something.</summary>
    /// <returns>The notices that are due.</returns>
    public async ValueTask<IReadOnlyList<string>> VisitAsync(string? tenant, string user, SessionRules rules, bool showsDependence)
    {
        if (shared is { IsUp: true })
        {
            try
            {
                var key = KeyOf(tenant, user);
                for (var attempt = 0; attempt < Attempts; attempt++)
                {
                    var read = (string?)await shared.RunAsync("return redis.call('GET', KEYS[1])", [key]);
                    var (session, due) = Session.Next(Newer(Session.Read(read), Known(tenant, user)), rules, showsDependence, Now);
                    if ((int)await shared.RunAsync(Replace, [key], read ?? "", session.Write()) != 1) continue;
                    Keep(tenant, user, session);
                    return due;
                }
            }
            catch (Exception fault) when (UserLedger.IsAbsence(fault))
            {
                // The ledger says so; this node goes on by itself.
            }
        }

        return Visit(tenant, user, rules, showsDependence);
    }

    /// <summary>A user asks something, as far as this node knows.</summary>
    public IReadOnlyList<string> Visit(string? tenant, string user, SessionRules rules, bool showsDependence)
    {
        lock (_gate)
        {
            var (session, due) = Session.Next(_sessions.GetValueOrDefault((tenant ?? "", user)), rules, showsDependence, Now);
            Keep(tenant, user, session);
            return due;
        }
    }

    /// <summary>The user leaves: the next turn begins a conversation of its own.</summary>
    public async ValueTask EndAsync(string? tenant, string user)
    {
        var now = Now;
        var over = new Session(now, now, 0, null, true);

        // Kept, not removed: newer than what Redis may hold when it comes back.
        Keep(tenant, user, over);
        if (shared is not { IsUp: true }) return;
        try
        {
            await shared.RunAsync("return redis.call('SET', KEYS[1], ARGV[1], 'EX', 172800)", [KeyOf(tenant, user)], over.Write());
        }
        catch (Exception fault) when (UserLedger.IsAbsence(fault))
        {
            // This node remembers it.
        }
    }

    private static Session? Newer(Session? one, Session? other) => one is null ? other : other is null || one.Last >= other.Last ? one : other;

    private string KeyOf(string? tenant, string user) => LedgerConnection.Key(keys!.OfTenant(tenant), "session:" + keys.OfUser(tenant, user));

    private Session? Known(string? tenant, string user)
    {
        lock (_gate) return _sessions.GetValueOrDefault((tenant ?? "", user));
    }

    private void Keep(string? tenant, string user, Session session)
    {
        lock (_gate)
        {
            if (_sessions.Count >= Most && !_sessions.ContainsKey((tenant ?? "", user))) Forget(Now);
            _sessions[(tenant ?? "", user)] = session;
        }
    }

    /// <summary>Makes room: a day without a word is long past any pause; where that is not enough, half of them go.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var key in _sessions.Where(pair => now - pair.Value.Last > TimeSpan.FromDays(1)).Select(pair => pair.Key).ToList()) _sessions.Remove(key);
        if (_sessions.Count < Most) return;
        foreach (var key in _sessions.OrderBy(pair => pair.Value.Last).Take(Most / 2).Select(pair => pair.Key).ToList()) _sessions.Remove(key);
    }
}
