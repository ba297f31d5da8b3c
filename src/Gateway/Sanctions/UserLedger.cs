using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Telemetry;
using StackExchange.Redis;

namespace Gateway.Sanctions;

/// <summary>
/// Counts exchanges, tokens and blocked prompts, in Redis for all nodes where there is one, else here. While Redis is away this node counts
/// by itself: whoever it knows to be suspended stays so, and what it counts meanwhile is owed to Redis (<see cref="OwedSteps"/>), turn for turn.
/// </summary>
internal sealed class UserLedger : IHostedService, IDisposable
{
    /// <summary>A turn that is owed for longer is let go: its day is over, and Redis forgets by then whether it counted it.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromHours(20);

    private static readonly TimeSpan FirstConnection = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ConnectionLook = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Renewal = RedisLedger.LeaseLength / 4;
    private static readonly TimeSpan Counting = TimeSpan.FromSeconds(5);

    private readonly LedgerConnection? _connection;
    private readonly RedisLedger? _shared;
    private readonly MeasureIndex? _index;
    private readonly LocalLedger _local;
    private readonly StandingFile _file;
    private readonly UserKeys _keys;
    private readonly GatewayMetrics _metrics;
    private readonly Counter<long> _letGo;
    private readonly TimeProvider _clock;
    private readonly ILogger<UserLedger> _logger;
    private readonly OwedSteps _owed = new();
    private readonly OwedTokens _tokens = new();
    private readonly Together<AskedExchange> _asked;
    private readonly Together<EndedExchange> _ended;
    private readonly ConcurrentDictionary<string, LedgerCaller> _places = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private (long Shut, long Limited) _measured;
    private bool _isAway;

    public UserLedger(GatewayOptions options, UserKeys keys, GatewayMetrics metrics, TimeProvider clock, ILogger<UserLedger> logger)
    {
        (_keys, _metrics, _clock, _logger) = (keys, metrics, clock, logger);
        if (options.Audit.Redis is { Length: > 0 } redis)
        {
            _connection = new LedgerConnection(redis, clock);
            _shared = new RedisLedger(_connection, options.Sanctions);
            _index = new MeasureIndex(_connection);
        }

        _file = new StandingFile(options.StateDirectory, clock);
        _asked = new Together<AskedExchange>(asked => WithoutWaitingAsync(_shared!.AdmitAsync(asked, Now)));
        _ended = new Together<EndedExchange>(LeaveAsync);
        _local = new LocalLedger(new Ladder(options.Sanctions), _file);
        if (_shared is not null && options.EndUser.IsConfigured && options.Sanctions is { Enabled: true, Secret: null })
            logger.LogWarning("Gateway:Sanctions:Secret is not set: short user names can be guessed from their hashes in Redis. Name a secret, the same on every node (env: or file:)");
        var meter = metrics.Meter;
        meter.CreateObservableGauge("gateway_ledger_shared", () => _shared is null ? -1 : _shared.IsUp ? 1 : 0, description: "1 while Redis counts for all nodes, 0 while it is away and this node counts by itself, -1 without Redis.");
        meter.CreateObservableGauge("gateway_ledger_owed", () => _owed.Count, description: "Turns of users that this node counted alone and that Redis does not know yet.");
        meter.CreateObservableGauge("gateway_ledger_owed_tokens", () => _tokens.Sum, description: "Tokens of exchanges that ended while Redis was away and that Redis does not know yet.");
        _letGo = meter.CreateCounter<long>("gateway_ledger_let_go", description: "Turns of users that Redis never heard of: there were too many, or it was away too long.");
        meter.CreateObservableGauge(
            "gateway_users_measured",
            () => (Measurement<long>[])[new(_measured.Shut, new KeyValuePair<string, object?>("state", "shut")), new(_measured.Limited, new KeyValuePair<string, object?>("state", "limited"))],
            description: "Users under a measure: shut out (suspended, terminated) or limited; with Redis those of all nodes.");
    }

    /// <summary>The shared part, for what nodes tell one another; <see langword="null"/> without Redis.</summary>
    public RedisLedger? Shared => _shared;

    /// <summary>The connection that is shared; <see langword="null"/> without Redis.</summary>
    public LedgerConnection? Connection => _connection;

    /// <summary>Told of a change of somebody's standing that came about when Redis was brought what it was owed.</summary>
    public Func<BlockedTurn, Standing, Task>? OnChanged { get; set; }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _letGo.Add(0); // there from the start: an increase can be seen from the first on
        foreach (var (user, tenant, state) in _local.Load())
        {
            if (_shared is not null) _owed.AddDecided(tenant, user, state);
        }

        if (_connection is not null)
        {
            // The library calls itself connected a little after its task has ended: an exchange in between would be counted by this node alone.
            var connecting = _connection.ConnectAsync(_stopping.Token);
            var started = _clock.GetTimestamp();
            while (!_connection.IsUp && !connecting.IsFaulted && _clock.GetElapsedTime(started) < FirstConnection)
                await Task.Delay(ConnectionLook, _clock, cancellationToken);
            if (!_connection.IsUp) _logger.LogWarning("Redis does not answer: limits and sanctions are counted by this node alone until it does");
        }

        _running = Task.WhenAll(
            _file.RunAsync(fault => _logger.LogError("What is known of suspended users could not be written: {Fault}", fault.Message), _stopping.Token),
            AgainAsync(Rest, PayAsync),
            AgainAsync(Renewal, RenewAsync),
            AgainAsync(Counting, CountAsync));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running;
        try
        {
            _file.Flush();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _logger.LogError("What is known of suspended users could not be written: {Fault}", fault.Message);
        }
    }

    /// <summary>Lets an exchange in, or says why not.</summary>
    public async ValueTask<Admission> AdmitAsync(LedgerCaller caller, string id)
    {
        var isOwed = caller.UserKey is { } known && _owed.Has(known);
        if (isOwed && _local.Show(caller.UserKey!, Now) is { IsShut: true } shut) return new Admission(shut, 0, false);
        if (_shared is { IsUp: true })
        {
            try
            {
                var asked = new AskedExchange(caller, id);
                _asked.Add(asked);
                var admission = await asked.Answer;
                if (admission is { Limit: 0, Standing.IsShut: false } && caller.HasPlace) _places[id] = caller;
                if (caller.UserKey is not { } user) return admission;
                if (isOwed) return admission with { Standing = _local.Show(user, Now) };
                _local.Mirror(user, admission.Standing, Now);
                return admission;
            }
            catch (Exception fault) when (IsAbsence(fault))
            {
                Missing(fault);
            }
        }

        return _local.Admit(caller, Now);
    }

    /// <summary>An exchange has ended; nobody waits for this.</summary>
    public void Leave(LedgerCaller caller, string id, long tokens, bool isShared)
    {
        if (!isShared)
        {
            _local.Leave(caller, tokens, Now);
            OweTokens(caller, tokens);
            return;
        }

        // Before Redis hears of it: a renewal that is on its way must see that the exchange is gone.
        if (caller.HasPlace) _places.TryRemove(id, out _);
        if (_shared is { IsUp: true }) _ended.Add(new EndedExchange(caller, id, tokens));
        else OweAlso(caller, tokens);
    }

    /// <summary>A new turn was blocked.</summary>
    /// <returns>The standing, and whether its state has changed by this.</returns>
    public async ValueTask<(Standing Standing, bool IsChanged)> BlockedAsync(BlockedTurn turn)
    {
        if (_shared is { IsUp: true } && !_owed.Has(turn.UserKey))
        {
            try
            {
                var answer = await _shared.BlockedAsync(turn, Now);
                _local.Mirror(turn.UserKey, answer.Standing, Now);
                return answer;
            }
            catch (Exception fault) when (IsAbsence(fault))
            {
                Missing(fault);
            }
        }

        var own = _local.Blocked(turn, Now);
        if (_shared is not null) Owe(new OwedStep(turn.TenantKey, turn.UserKey, turn), own.IsChanged ? own.Standing.State : UserState.None);
        return own;
    }

    /// <summary>A new turn was clean; nobody waits for this.</summary>
    public void Clean(string tenant, string user, bool isShared)
    {
        _local.Clean(user, Now);
        if (_shared is null) return;
        if (!isShared || _owed.Has(user) || !_shared.IsUp) Owe(new OwedStep(tenant, user, null), UserState.None);
        else _ = CleanAsync(_shared, tenant, user);
    }

    public async ValueTask<bool[]> KnownAsync(string tenant, string user, IReadOnlyList<string> turns)
    {
        if (turns.Count == 0) return [];
        var own = _local.Known(user, turns);
        if (_shared is not { IsUp: true } || Array.TrueForAll(own, static known => known)) return own;
        try
        {
            return [.. own.Zip(await _shared.KnownAsync(tenant, user, turns), static (here, there) => here || there)];
        }
        catch (Exception fault) when (IsAbsence(fault))
        {
            Missing(fault);
            return own;
        }
    }

    public async ValueTask<Standing> ShowAsync(string tenant, string user) =>
        _shared is { IsUp: true } && !_owed.Has(user) ? await _shared.ShowAsync(tenant, user, Now) : _local.Show(user, Now);

    /// <summary>A page of users under a measure, of all nodes where there is Redis.</summary>
    /// <param name="tenant">Only this tenant's; <see langword="null"/> for all.</param>
    /// <param name="states">States that count.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cursor">Where the page before ended.</param>
    public async ValueTask<(IReadOnlyList<MeasuredUser> Users, string? Next)> ListAsync(string? tenant, IReadOnlyList<UserState> states, int limit, string? cursor) =>
        _index is not null ? await _index.ListAsync(tenant, states, limit, cursor, Now) : _local.List(standing => _keys.OfTenant(standing.Tenant), tenant, states, limit, cursor, Now);

    /// <summary>The user whom a pseudonym of records stands for, if the user is or was under a measure.</summary>
    public async ValueTask<string?> FindAsync(string tenant, string subject) => _index is null ? _local.Find(subject) : await _index.FindAsync(tenant, subject);

    /// <summary>A user who is shut out came in here: from now on the pseudonym in this node's records leads to the measure. Nobody waits for this.</summary>
    public void Point(string tenant, string user, string? tenantName, string subject)
    {
        if (_local.Point(user, tenantName, subject) && _shared is { IsUp: true }) _ = WithoutWaitingAsync(_index!.PointAsync(tenant, user, tenantName ?? "", subject));
    }

    /// <summary>Somebody sets a state.</summary>
    /// <returns>The state before.</returns>
    public async ValueTask<UserState> SetAsync(string tenant, string user, Standing standing)
    {
        standing = standing with { Since = Now, Day = Ladder.DayOf(Now) };
        if (_shared is null) return _local.Set(user, standing, Now);

        // With Redis away a person must not believe that all nodes know.
        var (before, _) = await _shared.SetAsync(tenant, user, standing, onlyStricter: false, Now);
        _owed.Drop(user);
        _file.Owe(user, null);
        _local.Set(user, standing, Now);
        return before;
    }

    /// <returns>False where there is nothing to appeal against.</returns>
    public async ValueTask<bool> AppealAsync(string tenant, string user, string text)
    {
        if (_shared is not null) return await _shared.AppealAsync(tenant, user, text, Now);
        var standing = _local.Show(user, Now);
        if (!standing.IsShut) return false;
        _local.Set(user, standing with { Appeal = text }, Now);
        return true;
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Redis is not there, or not as it should be; either way the local ledger goes on. The client cancels what waits on a connection that broke.</summary>
    public static bool IsAbsence(Exception fault) => fault is RedisException or TimeoutException or ObjectDisposedException or TaskCanceledException;

    private void Owe(OwedStep step, UserState decided)
    {
        if (decided >= UserState.Suspended) _file.Owe(step.UserKey, step.TenantKey);
        if (_owed.TryAdd(step, decided)) return;
        _letGo.Add(1);
        _logger.LogWarning("More than {Most} turns are owed to Redis: a turn is counted by this node alone", OwedSteps.Most);
    }

    /// <summary>An exchange that Redis let in ended without it: it counts here meanwhile, too.</summary>
    private void OweAlso(LedgerCaller caller, long tokens)
    {
        _local.Use(caller, tokens, Now);
        OweTokens(caller, tokens);
    }

    private void OweTokens(LedgerCaller caller, long tokens)
    {
        if (_shared is null || _tokens.TryAdd(caller, tokens, Now)) return;
        _metrics.Fault("ledger");
        _logger.LogWarning("More than {Most} sums of tokens are owed to Redis: some are counted by this node alone", OwedTokens.Most);
    }

    /// <summary>Tells Redis of exchanges that have ended; what it did not hear of is owed to it.</summary>
    private async Task LeaveAsync(IReadOnlyList<EndedExchange> ended)
    {
        foreach (var some in ended.Chunk(RedisLedger.MostTogether))
        {
            try
            {
                await _shared!.LeaveAsync(some, Now);
            }
            catch (Exception fault) when (IsAbsence(fault))
            {
                Missing(fault);
                foreach (var (caller, _, tokens) in some) OweAlso(caller, tokens);
            }
        }
    }

    private void Missing(Exception fault)
    {
        _metrics.Fault("ledger");
        if (_isAway) return;
        _isAway = true;
        _logger.LogWarning("Redis is away, this node counts limits and sanctions by itself: {Fault}", fault.GetType().Name);
    }

    private async Task WithoutWaitingAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception fault) when (IsAbsence(fault))
        {
            Missing(fault);
        }
    }

    private async Task CleanAsync(RedisLedger shared, string tenant, string user)
    {
        try
        {
            await shared.CleanAsync(tenant, user, Now);
        }
        catch (Exception fault) when (IsAbsence(fault))
        {
            Missing(fault);
            Owe(new OwedStep(tenant, user, null), UserState.None);
        }
    }

    /// <summary>Does something again and again until the gateway stops; where Redis is away it is left for the next time.</summary>
    private async Task AgainAsync(TimeSpan pause, Func<Task> act)
    {
        while (!_stopping.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(pause, _clock, _stopping.Token));
            await WithoutWaitingAsync(act());
        }
    }

    /// <summary>Brings to Redis what was counted alone, user by user, in order.</summary>
    private async Task PayAsync()
    {
        if (_shared is not { IsUp: true }) return;
        if (_isAway)
        {
            _isAway = false;
            _logger.LogInformation("Redis counts limits and sanctions for all nodes again");
        }

        while (_tokens.Next() is { } use)
        {
            await _shared.UseAsync(use, Now);
            _tokens.Done(use);
        }

        foreach (var user in _owed.Users)
        {
            try
            {
                do await PayAsync(_shared, user);
                while (!_owed.TryClose(user));
                _file.Owe(user, null);
            }
            catch (RedisServerException fault)
            {
                // It answers, but does not take this one: the others need not wait.
                Missing(fault);
            }
        }
    }

    private async Task PayAsync(RedisLedger shared, string user)
    {
        // 1. Turn for turn, each at most once, however often it is brought.
        while (_owed.Next(user) is { } step)
        {
            if (step.Turn is not { } turn) await shared.CleanAsync(step.TenantKey, user, Now);
            else if (Now - turn.At > Oldest.TotalMilliseconds) _letGo.Add(1);
            else
            {
                // What this node decided alone is on record already; what Redis comes to beyond that, because other nodes counted too, is not.
                var (standing, isChanged) = await shared.BlockedAsync(turn, Now);
                if (isChanged && standing.State > (_owed.DecidedOn(user)?.State ?? UserState.None) && OnChanged is { } tell) await tell(turn, standing);
            }

            _owed.Done(step);
        }

        // 2. Whom this node shut out alone stays so, even if the turns of all nodes come to less.
        if (_owed.DecidedOn(user) is not { } decided) return;
        if (decided.State >= UserState.Suspended && _local.Show(user, Now) is { IsShut: true } own) await shared.SetAsync(decided.TenantKey, user, own, onlyStricter: true, Now);
        _local.Mirror(user, await shared.ShowAsync(decided.TenantKey, user, Now), Now);
    }

    /// <summary>Exchanges that still run keep their places, however long they last.</summary>
    private async Task RenewAsync()
    {
        if (_shared is not { IsUp: true } shared) return;
        foreach (var some in _places.ToArray().Chunk(500))
        {
            await Task.WhenAll(some.Where(pair => _places.ContainsKey(pair.Key)).Select(pair => shared.RenewAsync(pair.Value, pair.Key, Now)));

            // One that ended meanwhile may have been put back.
            var gone = some.Where(pair => !_places.ContainsKey(pair.Key)).Select(pair => new EndedExchange(pair.Value, pair.Key, 0)).ToList();
            if (gone.Count > 0) await shared.LeaveAsync(gone, Now);
        }
    }

    private async Task CountAsync()
    {
        if (_index is null) _measured = _local.Count(Now);
        else if (_shared is { IsUp: true }) _measured = await _index.CountAsync(Now);
    }
}
