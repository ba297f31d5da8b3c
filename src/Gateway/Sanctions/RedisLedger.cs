using System.Globalization;
using Gateway.Configuration;
using StackExchange.Redis;

namespace Gateway.Sanctions;

/// <summary>
/// The ledger that all nodes share. One connection for all exchanges, kept by the client library; where it is down nobody waits: the caller counts
/// locally until it is back. Uses of the client only what versions 1.2 to 3 share.
/// </summary>
internal sealed class RedisLedger(string configuration, SanctionOptions options, TimeProvider clock) : IDisposable
{
    private const long LeaseLength = 15 * 60_000;
    private const int MinuteLength = 60_000;
    private const int UtcDayLength = 86_400_000;

    // Long enough for a busy process to come round to an answer: a step given up here may still count in Redis.
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Nudge = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private ConnectionMultiplexer? _connection;
    private long _failedAt;
    private bool _hasFailed;

    /// <summary>It may be asked.</summary>
    public bool IsUp => Volatile.Read(ref _connection) is { IsConnected: true } && !(Volatile.Read(ref _hasFailed) && clock.GetElapsedTime(Volatile.Read(ref _failedAt)) < Pause);

    /// <summary>Connects; the library goes on trying by itself afterwards.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var settings = ConfigurationOptions.Parse(configuration);
        settings.AbortOnConnectFail = false;
        settings.ClientName ??= "gateway-ledger";
        _connection = await ConnectionMultiplexer.ConnectAsync(settings).WaitAsync(cancellationToken);
    }

    public async Task<Admission> AdmitAsync(LedgerCaller caller, string id, long now)
    {
        var (tenant, user) = (caller.TenantKey, caller.UserKey ?? "none");
        RedisKey[] keys =
        [
            UserKey(tenant, user), Key(tenant, $"r:{now / MinuteLength}"), Key(tenant, $"t:{now / MinuteLength}"), Key(tenant, $"d:{now / UtcDayLength}"), Key(tenant, "run"),
            Key(tenant, $"r:{now / MinuteLength}:{user}"), Key(tenant, $"t:{now / MinuteLength}:{user}"), Key(tenant, $"d:{now / UtcDayLength}:{user}"), Key(tenant, $"run:{user}"),
            Key(tenant, $"l:{now / MinuteLength}:{user}"),
        ];
        var (own, each) = (caller.TenantLimits, caller.UserKey is null ? Tenants.UsageLimits.None : caller.UserLimits);
        var answer = await EvaluateAsync(LedgerScripts.Admit, keys, now, Ladder.DayOf(now), id, now + LeaseLength,
            own.Concurrency, own.RequestsPerMinute, own.TokensPerMinute, own.TokensPerDay, each.Concurrency, each.RequestsPerMinute, each.TokensPerMinute, each.TokensPerDay, options.LimitedRequestsPerMinute);
        return new Admission(new Standing { State = (UserState)(int)answer[0], Until = (long)answer[1], InRow = (int)answer[2], Day = Ladder.DayOf(now) }, (int)answer[3], true);
    }

    public Task LeaveAsync(LedgerCaller caller, string id, long tokens, long now)
    {
        var (tenant, user) = (caller.TenantKey, caller.UserKey ?? "none");
        RedisKey[] keys =
        [
            Key(tenant, "run"), Key(tenant, $"t:{now / MinuteLength}"), Key(tenant, $"d:{now / UtcDayLength}"),
            Key(tenant, $"run:{user}"), Key(tenant, $"t:{now / MinuteLength}:{user}"), Key(tenant, $"d:{now / UtcDayLength}:{user}"),
        ];
        var counts = (Tenants.UsageLimits limits) => limits.TokensPerMinute > 0 || limits.TokensPerDay > 0 ? 1 : 0;
        return RunAsync(LedgerScripts.Leave, keys, id, tokens, counts(caller.TenantLimits), caller.UserKey is null ? 0 : counts(caller.UserLimits));
    }

    /// <returns>The standing, whether its state has changed, and whether the turn had been counted before.</returns>
    public async Task<(Standing Standing, bool IsChanged)> BlockedAsync(string tenant, string user, string? retry, IReadOnlyList<string> turns, long now)
    {
        RedisKey[] keys = [UserKey(tenant, user), Key(tenant, $"retry:{user}:{retry}"), Key(tenant, $"turns:{user}")];
        RedisValue[] rules =
        [
            now, Ladder.DayOf(now), Ladder.EndOfDay(now), options.InRow, options.PerDay, options.WarnInRow, options.LimitInRow, options.LimitPerDay, options.SuspendMinutes * 60_000L, options.TerminateAfter,
            retry is null ? 0 : 1, .. turns.Select(turn => (RedisValue)turn),
        ];
        var answer = await EvaluateAsync(LedgerScripts.Blocked, keys, rules);
        var isChanged = (int)answer[5] == 1;
        var standing = new Standing
        {
            State = (UserState)(int)answer[0], Until = (long)answer[1], InRow = (int)answer[2], Today = (int)answer[3], Suspensions = (int)answer[4], Day = Ladder.DayOf(now),
            Since = isChanged ? now : 0, Reason = isChanged ? (string?)answer[6] : null, Actor = isChanged ? "gateway" : null,
        };
        return (standing, isChanged);
    }

    public Task CleanAsync(string tenant, string user, long now) => RunAsync(LedgerScripts.Clean, [UserKey(tenant, user)], now, Ladder.DayOf(now));

    public async Task<Standing> ShowAsync(string tenant, string user, long now)
    {
        var answer = await EvaluateAsync(LedgerScripts.Show, [UserKey(tenant, user)], now, Ladder.DayOf(now));
        return new Standing
        {
            State = (UserState)(int)answer[0], Until = (long)answer[1], InRow = (int)answer[2], Today = (int)answer[3], Suspensions = (int)answer[4], Day = Ladder.DayOf(now),
            Since = (long)answer[5], Reason = Text(answer[6]), Actor = Text(answer[7]), Appeal = Text(answer[8]),
        };
    }

    /// <returns>The state before, and whether it was set.</returns>
    public async Task<(UserState Before, bool IsSet)> SetAsync(string tenant, string user, Standing standing, bool onlyStricter, long now)
    {
        var answer = await EvaluateAsync(LedgerScripts.Set, [UserKey(tenant, user)], now, Ladder.DayOf(now), (int)standing.State, standing.Until, standing.Reason ?? "", standing.Actor ?? "", standing.Appeal ?? "", onlyStricter ? 1 : 0);
        return ((UserState)(int)answer[0], (int)answer[1] == 1);
    }

    public async Task<bool> AppealAsync(string tenant, string user, string text, long now) =>
        (int)(await EvaluateAsync(LedgerScripts.Appeal, [UserKey(tenant, user)], now, Ladder.DayOf(now), text))[1] == 1;

    public async Task<bool[]> KnownAsync(string tenant, string user, IReadOnlyList<string> turns)
    {
        var answer = await EvaluateAsync(LedgerScripts.Known, [Key(tenant, $"turns:{user}")], [.. turns.Select(turn => (RedisValue)turn)]);
        return [.. answer.Select(known => (int)known == 1)];
    }

    /// <summary>Says which epoch this node runs on, and hears of the others.</summary>
    public async Task<Dictionary<string, string>> BeatAsync(string node, string epoch, TimeSpan life, long now)
    {
        const string script =
            """
            redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
            redis.call('PEXPIRE', KEYS[1], 86400000)
            return redis.call('HGETALL', KEYS[1])
            """;
        var answer = await EvaluateAsync(script, ["gateway:nodes"], node, epoch, now);
        var nodes = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < answer.Length; i += 2)
        {
            var parts = ((string)answer[i + 1]!).Split(' ');
            if (parts is [var other, var seen] && long.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && now - at <= life.TotalMilliseconds) nodes[(string)answer[i]!] = other;
        }

        return nodes;
    }

    public Task ForgetAsync(string node) => RunAsync("return redis.call('HDEL', KEYS[1], ARGV[1])", ["gateway:nodes"], node);

    public void Dispose()
    {
        _connection?.Close(allowCommandsToComplete: false);
        _connection?.Dispose();
    }

    private static string? Text(RedisResult result) => (string?)result is { Length: > 0 } text ? text : null;

    private static RedisKey Key(string tenant, string rest) => $"gateway:use:{{{tenant}}}:{rest}";

    private static RedisKey UserKey(string tenant, string user) => Key(tenant, "user:" + user);

    private async Task<RedisResult[]> EvaluateAsync(string script, RedisKey[] keys, params RedisValue[] values)
    {
        var answer = await RunAsync(script, keys, values);
        try
        {
            return (RedisResult[]?)answer ?? throw new TimeoutException("Redis answered a step of the ledger with nothing.");
        }
        catch (InvalidCastException fault)
        {
            // Not the answer to this step: the connection is at fault, as if there were no answer.
            throw new TimeoutException("Redis answered a step of the ledger with something that is no list.", fault);
        }
    }

    private async Task<RedisResult> RunAsync(string script, RedisKey[] keys, params RedisValue[] values)
    {
        try
        {
            var connection = _connection ?? throw new TimeoutException("Redis is not connected yet.");
            var database = connection.GetDatabase();
            var answer = await AnswerAsync(database.ScriptEvaluateAsync(script, keys, values), database);
            Volatile.Write(ref _hasFailed, false);
            return answer;
        }
        catch (RedisServerException)
        {
            throw;
        }
        catch
        {
            Volatile.Write(ref _failedAt, clock.GetTimestamp());
            Volatile.Write(ref _hasFailed, true);
            throw;
        }
    }

    /// <summary>
    /// Waits for an answer, and sends another command where it is late: versions 1.2 of the client now and then leave the last command of a burst
    /// unsent until the next one comes.
    /// </summary>
    private async Task<RedisResult> AnswerAsync(Task<RedisResult> answer, IDatabase database)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await answer.WaitAsync(Nudge, clock);
            }
            catch (TimeoutException) when (!answer.IsCompleted && clock.GetElapsedTime(started) < StepTimeout)
            {
                await database.PingAsync(CommandFlags.FireAndForget);
            }
        }
    }
}
