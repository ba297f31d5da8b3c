namespace Gateway.Audit;

/// <summary>
/// What Redis runs for the sink. Each script is one atomic step, sent whole each time: a restarted server knows no
/// scripts, and these are short. The key is passed as a key, so a cluster routes it. Redis 7.0 and up.
/// </summary>
internal static class RedisAuditScripts
{
    /// <summary>
    /// The stream's last id and the hash of that entry: <c>{}</c> if there is no stream, <c>{type}</c> if the key is
    /// something else. The last id is the generated one: it survives the trimming of archived entries (then the hash is empty).
    /// </summary>
    public const string Position =
        """
        local type = redis.call('TYPE', KEYS[1])['ok']
        if type == 'none' then return {} end
        if type ~= 'stream' then return {type} end
        local info = redis.call('XINFO', 'STREAM', KEYS[1])
        local last = ''
        for i = 1, #info, 2 do
          if info[i] == 'last-generated-id' then last = info[i + 1] end
        end
        local found = redis.call('XRANGE', KEYS[1], last, last)
        local hash = ''
        if #found > 0 then
          local fields = found[1][2]
          for i = 1, #fields, 2 do
            if fields[i] == 'hash' then hash = fields[i + 1] end
          end
        end
        return {last, hash}
        """;

    /// <summary>
    /// Appends a batch if the stream's last id is the one expected; otherwise appends nothing and answers that id. Looking
    /// and appending are one step because a stream that was emptied in between would take the newer entries
    /// without complaint, and the older ones, whose ids are then too small, could never be brought again.
    /// Arguments: the expected id; then id, number, hash and record of each entry.
    /// </summary>
    public const string Append =
        """
        local last = '0-0'
        if redis.call('EXISTS', KEYS[1]) == 1 then
          local info = redis.call('XINFO', 'STREAM', KEYS[1])
          for i = 1, #info, 2 do
            if info[i] == 'last-generated-id' then last = info[i + 1] end
          end
        end
        if last ~= ARGV[1] then return last end
        for i = 2, #ARGV, 4 do
          redis.call('XADD', KEYS[1], ARGV[i], 'seq', ARGV[i + 1], 'hash', ARGV[i + 2], 'record', ARGV[i + 3])
        end
        return 'OK'
        """;

    /// <summary>Makes a stream whose next entry comes after a number: XSETID needs a stream, and a group is what makes an empty one.</summary>
    public const string BeginAfter =
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then
          redis.call('XGROUP', 'CREATE', KEYS[1], 'begin', '0', 'MKSTREAM')
          redis.call('XGROUP', 'DESTROY', KEYS[1], 'begin')
        end
        redis.call('XSETID', KEYS[1], ARGV[1])
        return 'OK'
        """;

    /// <summary>Takes or renews the right to archive a stream. Arguments: who, milliseconds. Answers 1 if it is the caller's.</summary>
    public const string Lease =
        """
        local owner = redis.call('GET', KEYS[1])
        if owner and owner ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """;

    /// <summary>
    /// Forgets consumers of a group that hold no entry, except the caller: each archiver's life is a consumer. One step, for a consumer
    /// that is forgotten with entries in its hands loses them to the group. Arguments: group, who.
    /// </summary>
    public const string ForgetConsumers =
        """
        for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
          local name, pending
          for i = 1, #consumer, 2 do
            if consumer[i] == 'name' then name = consumer[i + 1] end
            if consumer[i] == 'pending' then pending = consumer[i + 1] end
          end
          if name ~= ARGV[2] and pending == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], name) end
        end
        return 1
        """;

    /// <summary>Gives the right back. Argument: who.</summary>
    public const string Release =
        """
        if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
        return 1
        """;
}
