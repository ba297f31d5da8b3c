using System.Globalization;
using Gateway.Configuration;
using Gateway.Tenants;
using StackExchange.Redis;

namespace Gateway.Sanctions;

/// <summary>The ledger that all nodes share: each step is one script (<see cref="LedgerScripts"/>).</summary>
internal sealed class RedisLedger(LedgerConnection connection, SanctionOptions options)
{
    /// <summary>How long an exchange holds its place without renewing it: what a node that died held is free after this.</summary>
    public static readonly TimeSpan LeaseLength = TimeSpan.FromMinutes(2);

    /// <summary>Exchanges in one message.</summary>
    public const int MostTogether = 100;

    private const string NodesKey = "gateway:nodes";
    private const string DecisionsKey = "gateway:approvals";
    private const int MinuteLength = 60_000;
    private const int UtcDayLength = 86_400_000;

    /// <summary>It may be asked.</summary>
    public bool IsUp => connection.IsUp;

    /// <summary>Lets exchanges in or not: one message for all of them, in a cluster one for each.</summary>
    public async Task AdmitAsync(IReadOnlyList<AskedExchange> asked, long now)
    {
        if (connection.IsCluster) await Task.WhenAll(asked.Select(each => AdmitTogetherAsync([each], now)));
        else
        {
            foreach (var some in asked.Chunk(MostTogether)) await AdmitTogetherAsync(some, now);
        }
    }

    private async Task AdmitTogetherAsync(AskedExchange[] asked, long now)
    {
        const int keysOfOne = 10;
        const int valuesOfAll = 4;
        const int valuesOfOne = 9;
        const int answersOfOne = 5;
        try
        {
            // Whoever gathered while Redis went away need not wait, too.
            if (!connection.IsUp) return;
            var (minute, utcDay, day) = ((now / MinuteLength).ToString(CultureInfo.InvariantCulture), (now / UtcDayLength).ToString(CultureInfo.InvariantCulture), Ladder.DayOf(now));
            var (keys, values) = (new RedisKey[asked.Length * keysOfOne], new RedisValue[valuesOfAll + (asked.Length * valuesOfOne)]);
            (values[0], values[1], values[2], values[3]) = (now, day, EndOfLease(now), options.LimitedRequestsPerMinute);
            for (var i = 0; i < asked.Length; i++)
            {
                var caller = asked[i].Caller;
                var (tenant, user, k, v) = (caller.TenantKey, caller.UserKey ?? "none", i * keysOfOne, valuesOfAll + (i * valuesOfOne));
                (keys[k], keys[k + 1], keys[k + 2], keys[k + 3], keys[k + 4]) = (UserKey(tenant, user), Key(tenant, "r:" + minute), Key(tenant, "t:" + minute), Key(tenant, "d:" + utcDay), Key(tenant, "run"));
                (keys[k + 5], keys[k + 6], keys[k + 7], keys[k + 8]) = (Key(tenant, $"r:{minute}:{user}"), Key(tenant, $"t:{minute}:{user}"), Key(tenant, $"d:{utcDay}:{user}"), Key(tenant, "run:" + user));
                keys[k + 9] = Key(tenant, $"l:{minute}:{user}");
                values[v] = asked[i].Id;
                Write(values, v + 1, caller.TenantLimits);
                Write(values, v + 5, caller.UserKey is null ? UsageLimits.None : caller.UserLimits);
            }

            var answer = await connection.EvaluateAsync(LedgerScripts.Admit, keys, values);
            for (var i = 0; i < asked.Length; i++)
            {
                var a = i * answersOfOne;
                var standing = new Standing { State = (UserState)(int)answer[a], Until = (long)answer[a + 1], InRow = (int)answer[a + 2], Today = (int)answer[a + 4], Day = day };
                asked[i].Take(new Admission(standing, (int)answer[a + 3], true));
            }
        }
        finally
        {
            foreach (var each in asked) each.GiveUp();
        }

        static void Write(RedisValue[] values, int at, UsageLimits limits) =>
            (values[at], values[at + 1], values[at + 2], values[at + 3]) = (limits.Concurrency, limits.RequestsPerMinute, limits.TokensPerMinute, limits.TokensPerDay);
    }

    /// <summary>Lets one exchange in or not.</summary>
    public async Task<Admission> AdmitAsync(LedgerCaller caller, string id, long now)
    {
        var asked = new AskedExchange(caller, id);
        await AdmitAsync([asked], now);
        return await asked.Answer;
    }

    /// <summary>An exchange that still runs keeps its place.</summary>
    public Task RenewAsync(LedgerCaller caller, string id, long now) => connection.RunAsync(
        LedgerScripts.Renew,
        [Key(caller.TenantKey, "run"), Key(caller.TenantKey, "run:" + (caller.UserKey ?? "none"))],
        id, EndOfLease(now), caller.TenantLimits.Concurrency, caller.UserKey is null ? 0 : caller.UserLimits.Concurrency);

    /// <summary>Exchanges have ended: one message for all of them, in a cluster one for each tenant.</summary>
    public async Task LeaveAsync(IReadOnlyList<EndedExchange> ended, long now)
    {
        if (!connection.IsCluster)
        {
            foreach (var some in ended.Chunk(MostTogether)) await LeaveTogetherAsync(some, now);
            return;
        }

        foreach (var ofTenant in ended.GroupBy(each => each.Caller.TenantKey, StringComparer.Ordinal))
        {
            foreach (var some in ofTenant.Chunk(MostTogether)) await LeaveTogetherAsync(some, now);
        }
    }

    private Task<RedisResult> LeaveTogetherAsync(EndedExchange[] ended, long now)
    {
        const int keysOfOne = 6;
        const int valuesOfOne = 3;
        var (minute, day) = ((now / MinuteLength).ToString(CultureInfo.InvariantCulture), (now / UtcDayLength).ToString(CultureInfo.InvariantCulture));
        var (keys, values) = (new RedisKey[ended.Length * keysOfOne], new RedisValue[ended.Length * valuesOfOne]);
        for (var i = 0; i < ended.Length; i++)
        {
            var (caller, id, tokens) = ended[i];
            var (tenant, user, k, v) = (caller.TenantKey, caller.UserKey ?? "none", i * keysOfOne, i * valuesOfOne);
            (keys[k], keys[k + 1], keys[k + 2]) = (Key(tenant, "run"), Key(tenant, "t:" + minute), Key(tenant, "d:" + day));
            (keys[k + 3], keys[k + 4], keys[k + 5]) = (Key(tenant, "run:" + user), Key(tenant, $"t:{minute}:{user}"), Key(tenant, $"d:{day}:{user}"));
            (values[v], values[v + 1], values[v + 2]) = (id, tokens, FlagsOf(caller));
        }

        return connection.RunAsync(LedgerScripts.Leave, keys, values);
    }

    /// <summary>Counts tokens that were used while it was away, once, in the windows that still run.</summary>
    public Task UseAsync(OwedUse use, long now)
    {
        var (caller, user) = (use.Caller, use.Caller.UserKey ?? "none");
        var (minute, day) = (use.Minute.ToString(CultureInfo.InvariantCulture), use.Day.ToString(CultureInfo.InvariantCulture));
        return connection.RunAsync(
            LedgerScripts.Use,
            [Key(caller.TenantKey, "once:use:" + use.Id), Key(caller.TenantKey, "t:" + minute), Key(caller.TenantKey, "d:" + day), Key(caller.TenantKey, $"t:{minute}:{user}"), Key(caller.TenantKey, $"d:{day}:{user}")],
            use.Minute == now / MinuteLength ? use.InMinute : 0, use.Day == now / UtcDayLength ? use.InDay : 0, FlagsOf(caller));
    }

    /// <summary>What there is to give back or to count: a place of the tenant (1), its tokens (2), a place of the user (4), the user's tokens (8).</summary>
    private static int FlagsOf(LedgerCaller caller)
    {
        return Of(caller.TenantLimits) + (caller.UserKey is null ? 0 : Of(caller.UserLimits) * 4);

        static int Of(UsageLimits limits) => (limits.Concurrency > 0 ? 1 : 0) + (limits.TokensPerMinute > 0 || limits.TokensPerDay > 0 ? 2 : 0);
    }

    /// <summary>Counts a turn, unless it was counted before.</summary>
    /// <returns>The standing, and whether its state has changed by this turn, now or when it came here for the first time.</returns>
    public async Task<(Standing Standing, bool IsChanged)> BlockedAsync(BlockedTurn turn, long now)
    {
        var (tenant, user) = (turn.TenantKey, turn.UserKey);
        RedisKey[] keys =
        [
            UserKey(tenant, user), Key(tenant, "once:" + (turn.Retry is null ? turn.Id : user + ":" + turn.Retry)), Key(tenant, "turns:" + user), Key(tenant, MeasureIndex.Shut), Key(tenant, MeasureIndex.Limited),
            MeasureIndex.PointerKey(tenant, turn.Subject),
        ];
        RedisValue[] rules =
        [
            now, Ladder.DayOf(now), Ladder.EndOfDay(turn.At), options.InRow, options.PerDay, options.WarnInRow, options.LimitInRow, options.LimitPerDay, options.SuspendMinutes * 60_000L, options.TerminateAfter,
            turn.Id, turn.At, Ladder.DayOf(turn.At), user, turn.Tenant ?? "", turn.Subject ?? "", .. turn.Digests.Select(digest => (RedisValue)digest),
        ];
        var answer = await connection.EvaluateAsync(LedgerScripts.Blocked, keys, rules);
        var isChanged = (int)answer[5] == 1;
        var standing = new Standing
        {
            State = (UserState)(int)answer[0], Until = (long)answer[1], InRow = (int)answer[2], Today = (int)answer[3], Suspensions = (int)answer[4], Day = Ladder.DayOf(now),
            Since = isChanged ? turn.At : 0, Reason = isChanged ? (string?)answer[6] : null, Actor = isChanged ? Ladder.Actor : null, Tenant = turn.Tenant, Subject = turn.Subject,
        };
        if (isChanged && standing.State >= UserState.Limited) await MeasureIndex.AnnounceAsync(connection, tenant);
        return (standing, isChanged);
    }

    public Task CleanAsync(string tenant, string user, long now) => connection.RunAsync(LedgerScripts.Clean, [UserKey(tenant, user)], now, Ladder.DayOf(now));

    public async Task<Standing> ShowAsync(string tenant, string user, long now)
    {
        var answer = await connection.EvaluateAsync(LedgerScripts.Show, [UserKey(tenant, user)], now, Ladder.DayOf(now));
        return new Standing
        {
            State = (UserState)(int)answer[0], Until = (long)answer[1], InRow = (int)answer[2], Today = (int)answer[3], Suspensions = (int)answer[4], Day = Ladder.DayOf(now),
            Since = (long)answer[5], Reason = MeasureIndex.Text(answer[6]), Actor = MeasureIndex.Text(answer[7]), Appeal = MeasureIndex.Text(answer[8]), Subject = MeasureIndex.Text(answer[9]), Tenant = MeasureIndex.Text(answer[10]),
        };
    }

    /// <returns>The state before, and whether it was set.</returns>
    public async Task<(UserState Before, bool IsSet)> SetAsync(string tenant, string user, Standing standing, bool onlyStricter, long now)
    {
        var answer = await connection.EvaluateAsync(
            LedgerScripts.Set,
            [UserKey(tenant, user), Key(tenant, MeasureIndex.Shut), Key(tenant, MeasureIndex.Limited), MeasureIndex.PointerKey(tenant, standing.Subject)],
            now, Ladder.DayOf(now), (int)standing.State, standing.Until, standing.Reason ?? "", standing.Actor ?? "", standing.Appeal ?? "", onlyStricter ? 1 : 0, user, standing.Tenant ?? "", standing.Subject ?? "");
        if (standing.State >= UserState.Limited) await MeasureIndex.AnnounceAsync(connection, tenant);
        return ((UserState)(int)answer[0], (int)answer[1] == 1);
    }

    public async Task<bool> AppealAsync(string tenant, string user, string text, long now) =>
        (int)(await connection.EvaluateAsync(LedgerScripts.Appeal, [UserKey(tenant, user)], now, Ladder.DayOf(now), text))[1] == 1;

    public async Task<bool[]> KnownAsync(string tenant, string user, IReadOnlyList<string> turns)
    {
        var answer = await connection.EvaluateAsync(LedgerScripts.Known, [Key(tenant, "turns:" + user)], [.. turns.Select(turn => (RedisValue)turn)]);
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
        var answer = await connection.EvaluateAsync(script, [NodesKey], node, epoch, now);
        var nodes = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < answer.Length; i += 2)
        {
            var parts = ((string)answer[i + 1]!).Split(' ');
            if (parts is [var other, var seen] && long.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && now - at <= life.TotalMilliseconds) nodes[(string)answer[i]!] = other;
        }

        return nodes;
    }

    /// <summary>Says what was decided about epochs as far as this node knows, and hears what all nodes have decided.</summary>
    public async Task<Dictionary<string, string>> ShareDecisionsAsync(IReadOnlyDictionary<string, string> decisions)
    {
        const string script =
            """
            for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
            return redis.call('HGETALL', KEYS[1])
            """;
        var answer = await connection.EvaluateAsync(script, [DecisionsKey], [.. decisions.SelectMany(pair => (RedisValue[])[pair.Key, pair.Value])]);
        return Enumerable.Range(0, answer.Length / 2).ToDictionary(i => (string)answer[2 * i]!, i => (string)answer[(2 * i) + 1]!, StringComparer.Ordinal);
    }

    public Task ForgetAsync(string node) => connection.RunAsync("return redis.call('HDEL', KEYS[1], ARGV[1])", [NodesKey], node);

    private static long EndOfLease(long now) => now + (long)LeaseLength.TotalMilliseconds;

    private static RedisKey Key(string tenant, string rest) => LedgerConnection.Key(tenant, rest);

    private static RedisKey UserKey(string tenant, string user) => LedgerConnection.Key(tenant, "user:" + user);
}
