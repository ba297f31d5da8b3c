namespace Gateway.Sanctions;

/// <summary>
/// What Redis runs for all nodes, each one atomic step. A user is a hash: <c>s</c> state, <c>u</c> until, <c>c</c> in a row, <c>n</c> today, <c>d</c> day, <c>x</c> suspensions,
/// <c>t</c> since, <c>r</c> reason, <c>a</c> actor, <c>p</c> appeal. Keys of one tenant share a hash tag, so a cluster keeps them together.
/// </summary>
internal static class LedgerScripts
{
    /// <summary>How a user stands, and the rules that all scripts begin with. KEYS[1] user; ARGV[1] now, [2] day.</summary>
    private const string Read =
        """
        local now = tonumber(ARGV[1])
        local day = tonumber(ARGV[2])
        local h = redis.call('HMGET', KEYS[1], 's', 'u', 'c', 'n', 'd', 'x')
        local s, u, c, n, d, x = tonumber(h[1] or 0), tonumber(h[2] or 0), tonumber(h[3] or 0), tonumber(h[4] or 0), tonumber(h[5] or 0), tonumber(h[6] or 0)
        if u > 0 and u <= now then
          if s == 3 then c = 0; n = 0; redis.call('HDEL', KEYS[1], 'p') end
          s = 0; u = 0
          redis.call('HDEL', KEYS[1], 'r', 'a')
        end
        if d ~= day then d = day; n = 0 end

        """;

    /// <summary>
    /// Lets an exchange in or not. KEYS: user hash; then for tenant and user each requests, tokens a minute, tokens a day, running; then requests of a limited
    /// user. ARGV: now, day, id, end of lease, the four limits of the tenant, those of the user, requests of a limited user. Answers state, until,
    /// in a row, and which limit is reached (0 none, 1–4 the tenant's, 5–8 the user's, 9 that of a limited user).
    /// </summary>
    public const string Admit = Read +
        """
        if s >= 3 then return {s, u, c, 0} end
        local function full(at, limit)
          local most = tonumber(limit)
          return most > 0 and tonumber(redis.call('GET', KEYS[at]) or 0) >= most
        end
        for i = 0, 1 do
          local k, a = 2 + i * 4, 5 + i * 4
          if full(k, ARGV[a + 1]) then return {s, u, c, i * 4 + 2} end
          if full(k + 1, ARGV[a + 2]) then return {s, u, c, i * 4 + 3} end
          if full(k + 2, ARGV[a + 3]) then return {s, u, c, i * 4 + 4} end
          if tonumber(ARGV[a]) > 0 then
            redis.call('ZREMRANGEBYSCORE', KEYS[k + 3], '-inf', now)
            if redis.call('ZCARD', KEYS[k + 3]) >= tonumber(ARGV[a]) then return {s, u, c, i * 4 + 1} end
          end
        end
        if s == 2 and full(10, ARGV[13]) then return {s, u, c, 9} end
        for i = 0, 1 do
          local k, a = 2 + i * 4, 5 + i * 4
          if tonumber(ARGV[a + 1]) > 0 then redis.call('INCR', KEYS[k]); redis.call('EXPIRE', KEYS[k], 120) end
          if tonumber(ARGV[a]) > 0 then redis.call('ZADD', KEYS[k + 3], ARGV[4], ARGV[3]); redis.call('PEXPIREAT', KEYS[k + 3], ARGV[4]) end
        end
        if s == 2 then redis.call('INCR', KEYS[10]); redis.call('EXPIRE', KEYS[10], 120) end
        return {s, u, c, 0}
        """;

    /// <summary>An exchange has ended. KEYS: running, tokens a minute, tokens a day of tenant and user. ARGV: id, tokens, and whether tokens count for tenant and user.</summary>
    public const string Leave =
        """
        for i = 0, 1 do
          local k = 1 + i * 3
          redis.call('ZREM', KEYS[k], ARGV[1])
          if ARGV[3 + i] == '1' and tonumber(ARGV[2]) > 0 then
            redis.call('INCRBY', KEYS[k + 1], ARGV[2]); redis.call('EXPIRE', KEYS[k + 1], 120)
            redis.call('INCRBY', KEYS[k + 2], ARGV[2]); redis.call('EXPIRE', KEYS[k + 2], 90000)
          end
        end
        return 1
        """;

    /// <summary>
    /// A new turn was blocked: <see cref="Ladder.Blocked"/>. KEYS: user, retry, blocked turns. ARGV: now, day, end of day, in a row, per day, warn in a row, limit in a row,
    /// limit per day, suspension, terminate after, whether there is a retry to look for, then the digests of the blocked turns. Answers the new
    /// standing and 1 where the state has changed, 2 where the turn was counted before.
    /// </summary>
    public const string Blocked = Read +
        """
        for i = 12, #ARGV do redis.call('SADD', KEYS[3], ARGV[i]) end
        redis.call('EXPIRE', KEYS[3], 2592000)
        if ARGV[11] == '1' and not redis.call('SET', KEYS[2], '1', 'NX', 'EX', 86400) then return {s, u, c, n, x, 2} end
        if s >= 3 then return {s, u, c, n, x, 0} end
        local function reached(count, limit) local most = tonumber(limit); return most > 0 and count >= most end
        local before, reason = s, ''
        c = c + 1; n = n + 1
        if reached(c, ARGV[4]) or reached(n, ARGV[5]) then
          reason = reached(c, ARGV[4]) and (c .. ' blocked prompts in a row') or (n .. ' blocked prompts in a day')
          x = x + 1
          if reached(x, ARGV[10]) then s = 4; u = 0 else s = 3; u = now + tonumber(ARGV[9]) end
          c = 0; n = 0
          redis.call('HDEL', KEYS[1], 'p')
        else
          local state = 0
          if reached(c, ARGV[7]) or reached(n, ARGV[8]) then state = 2 elseif reached(c, ARGV[6]) then state = 1 end
          if state > s then
            s = state; u = tonumber(ARGV[3])
            reason = c >= n and (c .. ' blocked prompts in a row') or (n .. ' blocked prompts in a day')
          end
        end
        redis.call('HSET', KEYS[1], 's', s, 'u', string.format('%.0f', u), 'c', c, 'n', n, 'd', d, 'x', x)
        if s ~= before then redis.call('HSET', KEYS[1], 't', ARGV[1], 'r', reason, 'a', 'gateway') end
        redis.call('EXPIRE', KEYS[1], 34560000)
        return {s, u, c, n, x, s ~= before and 1 or 0, reason}
        """;

    /// <summary>A new turn was clean. KEYS[1] user; ARGV as <see cref="Read"/>.</summary>
    public const string Clean = Read +
        """
        if s < 3 and c > 0 then redis.call('HSET', KEYS[1], 'c', 0) end
        return 1
        """;

    /// <summary>Everything about a user. KEYS[1] user; ARGV as <see cref="Read"/>.</summary>
    public const string Show = Read +
        """
        local more = redis.call('HMGET', KEYS[1], 't', 'r', 'a', 'p')
        return {s, u, c, n, x, more[1] or '0', more[2] or '', more[3] or '', more[4] or ''}
        """;

    /// <summary>Somebody sets a state. KEYS[1] user. ARGV: now, day, state, until, reason, actor, appeal, and 1 to act only where the state is weaker.</summary>
    public const string Set = Read +
        """
        if ARGV[8] == '1' and s >= tonumber(ARGV[3]) then return {s, 0} end
        redis.call('HSET', KEYS[1], 's', ARGV[3], 'u', ARGV[4], 'c', 0, 'n', 0, 'd', d, 'x', x, 't', ARGV[1], 'r', ARGV[5], 'a', ARGV[6])
        if ARGV[7] == '' then redis.call('HDEL', KEYS[1], 'p') else redis.call('HSET', KEYS[1], 'p', ARGV[7]) end
        redis.call('EXPIRE', KEYS[1], 34560000)
        return {s, 1}
        """;

    /// <summary>The user says something against it. KEYS[1] user; ARGV as <see cref="Read"/>, then the text.</summary>
    public const string Appeal = Read +
        """
        if s < 3 then return {s, 0} end
        redis.call('HSET', KEYS[1], 'p', ARGV[3])
        return {s, 1}
        """;

    /// <summary>Which of some turns were blocked for the user. KEYS[1] blocked turns; ARGV the digests.</summary>
    public const string Known =
        """
        return redis.call('SMISMEMBER', KEYS[1], unpack(ARGV))
        """;
}
