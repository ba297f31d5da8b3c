using System.Collections.Concurrent;
using Gateway.Configuration;
using Gateway.Telemetry;
using StackExchange.Redis;

namespace Gateway.Sanctions;

/// <summary>
/// Counts exchanges, tokens and blocked prompts, in Redis for all nodes where there is one, else here. While Redis is away this node counts
/// by itself: whoever it knows to be suspended stays so, and what it decides meanwhile is brought to Redis afterwards.
/// </summary>
internal sealed class UserLedger : IHostedService, IDisposable
{
    private static readonly TimeSpan FirstConnection = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ConnectionLook = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly RedisLedger? _shared;
    private readonly LocalLedger _local;
    private readonly StandingFile _file;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<UserLedger> _logger;
    private readonly ConcurrentDictionary<string, (string Tenant, Standing Standing)> _owed = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _isAway;

    public UserLedger(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock, ILogger<UserLedger> logger)
    {
        (_metrics, _clock, _logger) = (metrics, clock, logger);
        _shared = options.Audit.Redis is { Length: > 0 } redis ? new RedisLedger(redis, options.Sanctions, clock) : null;
        _file = new StandingFile(options.StateDirectory, clock);
        _local = new LocalLedger(new Ladder(options.Sanctions), _file);
        if (_shared is not null && options.EndUser.IsConfigured && options.Sanctions is { Enabled: true, Secret: null })
            logger.LogWarning("Gateway:Sanctions:Secret is not set: short user names can be guessed from their hashes in Redis. Name a secret, the same on every node (env: or file:)");
        metrics.Meter.CreateObservableGauge("gateway_ledger_shared", () => _shared is null ? -1 : _shared.IsUp ? 1 : 0, description: "1 while Redis counts for all nodes, 0 while it is away and this node counts by itself, -1 without Redis.");
    }

    /// <summary>The shared part, for what nodes tell one another; <see langword="null"/> without Redis.</summary>
    public RedisLedger? Shared => _shared;

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _local.Load();
        if (_shared is not null)
        {
            // The library calls itself connected a little after its task has ended: an exchange in between would be counted by this node alone.
            var connecting = _shared.ConnectAsync(_stopping.Token);
            var started = _clock.GetTimestamp();
            while (!_shared.IsUp && !connecting.IsFaulted && _clock.GetElapsedTime(started) < FirstConnection)
                await Task.Delay(ConnectionLook, _clock, cancellationToken);
            if (!_shared.IsUp) _logger.LogWarning("Redis does not answer: limits and sanctions are counted by this node alone until it does");
        }

        _running = Task.WhenAll(_file.RunAsync(fault => _logger.LogError("What is known of suspended users could not be written: {Fault}", fault.Message), _stopping.Token), PayAsync(_stopping.Token));
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
        if (_shared is { IsUp: true })
        {
            try
            {
                var admission = await _shared.AdmitAsync(caller, id, Now);
                if (caller.UserKey is { } user && !_owed.ContainsKey(user)) _local.Mirror(user, admission.Standing, Now);
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
        if (!isShared) _local.Leave(caller, tokens, Now);
        else if (_shared is { IsUp: true }) _ = WithoutWaitingAsync(_shared.LeaveAsync(caller, id, tokens, Now));
    }

    /// <summary>A new turn was blocked.</summary>
    /// <returns>The standing, and whether its state has changed by this.</returns>
    public async ValueTask<(Standing Standing, bool IsChanged)> BlockedAsync(string tenant, string user, string? retry, IReadOnlyList<string> turns)
    {
        if (_shared is { IsUp: true })
        {
            try
            {
                var answer = await _shared.BlockedAsync(tenant, user, retry, turns, Now);
                _local.Mirror(user, answer.Standing, Now);
                return answer;
            }
            catch (Exception fault) when (IsAbsence(fault))
            {
                Missing(fault);
            }
        }

        var own = _local.Blocked(user, retry, turns, Now);
        if (_shared is not null && own.IsChanged) _owed[user] = (tenant, own.Standing);
        return own;
    }

    /// <summary>A new turn was clean; nobody waits for this.</summary>
    public void Clean(string tenant, string user, bool isShared)
    {
        if (!isShared) _local.Clean(user, Now);
        else if (_shared is { IsUp: true }) _ = WithoutWaitingAsync(_shared.CleanAsync(tenant, user, Now));
    }

    public async ValueTask<bool[]> KnownAsync(string tenant, string user, IReadOnlyList<string> turns)
    {
        if (turns.Count == 0) return [];
        if (_shared is { IsUp: true })
        {
            try
            {
                return await _shared.KnownAsync(tenant, user, turns);
            }
            catch (Exception fault) when (IsAbsence(fault))
            {
                Missing(fault);
            }
        }

        return _local.Known(user, turns);
    }

    public async ValueTask<Standing> ShowAsync(string tenant, string user) =>
        _shared is { IsUp: true } ? await _shared.ShowAsync(tenant, user, Now) : _local.Show(user, Now);

    /// <summary>Somebody sets a state.</summary>
    /// <returns>The state before.</returns>
    public async ValueTask<UserState> SetAsync(string tenant, string user, Standing standing)
    {
        standing = standing with { Since = Now, Day = Ladder.DayOf(Now) };
        if (_shared is not null)
        {
            // With Redis away a person must not believe that all nodes know.
            var (before, _) = await _shared.SetAsync(tenant, user, standing, onlyStricter: false, Now);
            _owed.TryRemove(user, out _);
            _local.Set(user, standing, Now);
            return before;
        }

        return _local.Set(user, standing, Now);
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
        _shared?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Redis is not there, or not as it should be; either way the local ledger goes on. The client cancels what waits on a connection that broke.</summary>
    public static bool IsAbsence(Exception fault) => fault is RedisException or TimeoutException or ObjectDisposedException or TaskCanceledException;

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

    /// <summary>Brings what was decided alone to Redis, where it is not weaker than what Redis knows.</summary>
    private async Task PayAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(Rest, _clock, stopping));
            if (_shared is not { IsUp: true }) continue;
            if (_isAway)
            {
                _isAway = false;
                _logger.LogInformation("Redis counts limits and sanctions for all nodes again");
            }

            foreach (var (user, owed) in _owed)
            {
                try
                {
                    await _shared.SetAsync(owed.Tenant, user, owed.Standing, onlyStricter: true, Now);
                    _owed.TryRemove(new(user, owed));
                }
                catch (Exception fault) when (IsAbsence(fault))
                {
                    Missing(fault);
                    break;
                }
            }
        }
    }
}
