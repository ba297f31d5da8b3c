namespace Gateway.Sanctions;

/// <summary>
/// What Redis runs for all nodes, each one atomic step. A user is a hash: <c>s</c> state, <c>u</c> until, <c>c</c> in a row, <c>n</c> today, <c>d</c> day, <c>x</c> suspensions,
/// <c>t</c> since, <c>r</c> reason, <c>a</c> actor, <c>p</c> appeal, <c>y</c> pseudonym, <c>w</c> tenant. Keys of one tenant share a hash tag, so a cluster keeps them together.
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

    /// <summary>Files a user among those under a measure (<see cref="MeasureIndex"/>).</summary>
    private const string File =
        """
        local function file(shut, limited, user)
          redis.call('ZREM', shut, user); redis.call('ZREM', limited, user)
          if s >= 2 then redis.call('ZADD', s >= 3 and shut or limited, u > 0 and string.format('%.0f', u) or '+inf', user) end
        end
        local function describe(pointer, user, tenant, subject)
          if subject == '' then return end
          redis.call('HSET', KEYS[1], 'y', subject, 'w', tenant)
          redis.call('SET', pointer, user, 'EX', 34560000)
        end

        """;

    /// <summary>
    /// Lets exchanges in or not. KEYS, for each: user hash; then for tenant and user each requests, tokens a minute, tokens a day, running; then requests of a limited
    /// user. ARGV: now, day, end of lease, requests of a limited user; then for each: id, the four limits of the tenant, those of the user. Answers for each state, until,
    /// in a row, which limit is reached (0 none, 1–4 the tenant's, 5–8 the user's, 9 that of a limited user), and today's count.
    /// </summary>
    public const string Admit =
        """
        local now, day, lease, few = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
        local function full(key, most) return most > 0 and tonumber(redis.call('GET', key) or 0) >= most end
        local function admit(K, A)
          local h = redis.call('HMGET', KEYS[K + 1], 's', 'u', 'c', 'n', 'd')
          local s, u, c, n, d = tonumber(h[1] or 0), tonumber(h[2] or 0), tonumber(h[3] or 0), tonumber(h[4] or 0), tonumber(h[5] or 0)
          if u > 0 and u <= now then
            if s == 3 then c = 0; n = 0; redis.call('HDEL', KEYS[K + 1], 'p') end
            s = 0; u = 0
            redis.call('HDEL', KEYS[K + 1], 'r', 'a')
          end
          if d ~= day then n = 0 end
          if s >= 3 then return s, u, c, 0, n end
          for i = 0, 1 do
            local k, a = K + 2 + i * 4, A + 2 + i * 4
            if full(KEYS[k], tonumber(ARGV[a + 1])) then return s, u, c, i * 4 + 2, n end
            if full(KEYS[k + 1], tonumber(ARGV[a + 2])) then return s, u, c, i * 4 + 3, n end
            if full(KEYS[k + 2], tonumber(ARGV[a + 3])) then return s, u, c, i * 4 + 4, n end
            if tonumber(ARGV[a]) > 0 then
              redis.call('ZREMRANGEBYSCORE', KEYS[k + 3], '-inf', now)
              if redis.call('ZCARD', KEYS[k + 3]) >= tonumber(ARGV[a]) then return s, u, c, i * 4 + 1, n end
            end
          end
          if s == 2 and full(KEYS[K + 10], few) then return s, u, c, 9, n end
          for i = 0, 1 do
            local k, a = K + 2 + i * 4, A + 2 + i * 4
            if tonumber(ARGV[a + 1]) > 0 then redis.call('INCR', KEYS[k]); redis.call('EXPIRE', KEYS[k], 120) end
            if tonumber(ARGV[a]) > 0 then redis.call('ZADD', KEYS[k + 3], lease, ARGV[A + 1]); redis.call('PEXPIREAT', KEYS[k + 3], lease) end
          end
          if s == 2 then redis.call('INCR', KEYS[K + 10]); redis.call('EXPIRE', KEYS[K + 10], 120) end
          return s, u, c, 0, n
        end
        local answers = {}
        for j = 0, #KEYS / 10 - 1 do
          local b = j * 5
          answers[b + 1], answers[b + 2], answers[b + 3], answers[b + 4], answers[b + 5] = admit(j * 10, 4 + j * 9)
        end
        return answers
        """;

    /// <summary>
    /// An exchange goes on running. KEYS: running of tenant and user. ARGV: id, end of lease, and the limits of tenant and user. Puts it back where it was
    /// forgotten, for it does run.
    /// </summary>
    public const string Renew =
        """
        for i = 1, 2 do
          if tonumber(ARGV[2 + i]) > 0 then redis.call('ZADD', KEYS[i], ARGV[2], ARGV[1]); redis.call('PEXPIREAT', KEYS[i], ARGV[2]) end
        end
        return 1
        """;

    /// <summary>
    /// Exchanges have ended. KEYS, for each: running, tokens a minute, tokens a day of tenant and user. ARGV, for each: id, tokens, and what is counted (1 places of the tenant, 2 its
    /// tokens, 4 places of the user, 8 the user's tokens).
    /// </summary>
    public const string Leave =
        """
        for j = 0, #ARGV / 3 - 1 do
          local id, tokens, flags = ARGV[j * 3 + 1], tonumber(ARGV[j * 3 + 2]), tonumber(ARGV[j * 3 + 3])
          for i = 0, 1 do
            local k = j * 6 + i * 3 + 1
            if flags % 2 == 1 then redis.call('ZREM', KEYS[k], id) end
            if flags % 4 >= 2 and tokens > 0 then
              redis.call('INCRBY', KEYS[k + 1], tokens); redis.call('EXPIRE', KEYS[k + 1], 120)
              redis.call('INCRBY', KEYS[k + 2], tokens); redis.call('EXPIRE', KEYS[k + 2], 90000)
            end
            flags = math.floor(flags / 4)
          end
        end
        return 1
        """;

    /// <summary>
    /// Tokens that were used while Redis was away. KEYS: once, then tokens a minute and tokens a day of tenant and user. ARGV: tokens of the minute, tokens of the day (0 where it is over), and what is counted
    /// (2 the tenant's, 8 the user's).
    /// </summary>
    public const string Use =
        """
        if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', 90000) then return 0 end
        local flags = tonumber(ARGV[3])
        for i = 0, 1 do
          if flags % 4 >= 2 then
            if tonumber(ARGV[1]) > 0 then redis.call('INCRBY', KEYS[2 + i * 2], ARGV[1]); redis.call('EXPIRE', KEYS[2 + i * 2], 120) end
            if tonumber(ARGV[2]) > 0 then redis.call('INCRBY', KEYS[3 + i * 2], ARGV[2]); redis.call('EXPIRE', KEYS[3 + i * 2], 90000) end
          end
          flags = math.floor(flags / 4)
        end
        return 1
        """;

    /// <summary>
    /// A new turn was blocked: <see cref="Ladder.Blocked"/>. KEYS: user, once, blocked turns, shut, limited, pointer. ARGV: now, day, end of the turn's day, in a row, per day, warn in a row,
    /// limit in a row, limit per day, suspension, terminate after, id, when, the turn's day, user, tenant, pseudonym, then the digests of the blocked turns. Answers the new standing and 1 where the
    /// state has changed by this turn, 2 where it was counted before. A turn that is brought again hears again what it did.
    /// </summary>
    public const string Blocked = Read + File +
        """
        for i = 17, #ARGV do redis.call('SADD', KEYS[3], ARGV[i]) end
        redis.call('EXPIRE', KEYS[3], 2592000)
        local mark = redis.call('GET', KEYS[2])
        if mark then
          local id, state, till, why = string.match(mark, '^(%S+) (%d) (%d+) (.*)$')
          if id == ARGV[11] and state ~= '0' then return {tonumber(state), tonumber(till), c, n, x, 1, why} end
          return {s, u, c, n, x, 2}
        end
        local function once(state, till, why) redis.call('SET', KEYS[2], ARGV[11] .. ' ' .. state .. ' ' .. string.format('%.0f', till) .. ' ' .. why, 'EX', 86400) end
        if s >= 3 then once(0, 0, ''); return {s, u, c, n, x, 0} end
        local function reached(count, limit) local most = tonumber(limit); return most > 0 and count >= most end
        local before, reason = s, ''
        c = c + 1
        if ARGV[13] == ARGV[2] then n = n + 1 end
        if reached(c, ARGV[4]) or reached(n, ARGV[5]) then
          reason = reached(c, ARGV[4]) and (c .. ' blocked prompts in a row') or (n .. ' blocked prompts in a day')
          x = x + 1
          if reached(x, ARGV[10]) then s = 4; u = 0 else s = 3; u = tonumber(ARGV[12]) + tonumber(ARGV[9]) end
          c = 0; n = 0
          redis.call('HDEL', KEYS[1], 'p')
        else
          local state = 0
          if reached(c, ARGV[7]) or reached(n, ARGV[8]) then state = 2 elseif reached(c, ARGV[6]) then state = 1 end
          if state > s and tonumber(ARGV[3]) > now then
            s = state; u = tonumber(ARGV[3])
            reason = c >= n and (c .. ' blocked prompts in a row') or (n .. ' blocked prompts in a day')
          end
        end
        redis.call('HSET', KEYS[1], 's', s, 'u', string.format('%.0f', u), 'c', c, 'n', n, 'd', d, 'x', x)
        once(s ~= before and s or 0, u, reason)
        if s ~= before then
          redis.call('HSET', KEYS[1], 't', ARGV[12], 'r', reason, 'a', 'gateway')
          file(KEYS[4], KEYS[5], ARGV[14])
          describe(KEYS[6], ARGV[14], ARGV[15], ARGV[16])
        end
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
        local more = redis.call('HMGET', KEYS[1], 't', 'r', 'a', 'p', 'y', 'w')
        return {s, u, c, n, x, more[1] or '0', more[2] or '', more[3] or '', more[4] or '', more[5] or '', more[6] or ''}
        """;

    /// <summary>Somebody sets a state. KEYS: user, shut, limited, pointer. ARGV: now, day, state, until, reason, actor, appeal, 1 to act only where the state is weaker, user, tenant, pseudonym.</summary>
    public const string Set = Read + File +
        """
        if ARGV[8] == '1' and s >= tonumber(ARGV[3]) then return {s, 0} end
        redis.call('HSET', KEYS[1], 's', ARGV[3], 'u', ARGV[4], 'c', 0, 'n', 0, 'd', d, 'x', x, 't', ARGV[1], 'r', ARGV[5], 'a', ARGV[6])
        if ARGV[7] == '' then redis.call('HDEL', KEYS[1], 'p') else redis.call('HSET', KEYS[1], 'p', ARGV[7]) end
        redis.call('EXPIRE', KEYS[1], 34560000)
        local before = s
        s, u = tonumber(ARGV[3]), tonumber(ARGV[4])
        file(KEYS[2], KEYS[3], ARGV[9])
        describe(KEYS[4], ARGV[9], ARGV[10], ARGV[11])
        return {before, 1}
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

    /// <summary>
    /// A page of users under a measure. KEYS[1] their set. ARGV: now, the user and the end of the measure that the page before ended with, how many, and what the keys of users begin with. Each row: user, score, then as
    /// <see cref="Show"/> without counts.
    /// </summary>
    public const string Page =
        """
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
        local from = 0
        if ARGV[2] ~= '' then
          local rank = redis.call('ZRANK', KEYS[1], ARGV[2])
          from = rank and rank + 1 or redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[3])
        end
        local rows = redis.call('ZRANGE', KEYS[1], from, from + tonumber(ARGV[4]) - 1, 'WITHSCORES')
        local page = {}
        for i = 1, #rows, 2 do
          local h = redis.call('HMGET', ARGV[5] .. rows[i], 's', 'u', 'x', 't', 'r', 'a', 'p', 'y', 'w')
          local row = {rows[i], rows[i + 1]}
          for j = 1, 9 do row[2 + j] = h[j] or '' end
          page[#page + 1] = row
        end
        return page
        """;

    /// <summary>How many users are under a measure. KEYS: shut, limited. ARGV: now.</summary>
    public const string Count =
        """
        for i = 1, 2 do redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', ARGV[1]) end
        return {redis.call('ZCARD', KEYS[1]), redis.call('ZCARD', KEYS[2])}
        """;

    /// <summary>A pseudonym is that of a user. KEYS: user, pointer. ARGV: user, tenant, pseudonym.</summary>
    public const string Point =
        """
        redis.call('HSETNX', KEYS[1], 'y', ARGV[3]); redis.call('HSETNX', KEYS[1], 'w', ARGV[2])
        redis.call('SET', KEYS[2], ARGV[1], 'EX', 34560000)
        return 1
        """;
}
