namespace Gateway.Audit;

/// <summary>Looks at start whether Redis is set up so that it could lose records, and says what is wrong and how to mend it.</summary>
internal static class RedisSafety
{
    /// <summary>What is wrong, one sentence each; empty where nothing is.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(RedisCommands redis, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var memory = await InfoAsync(redis, "memory", cancellationToken);
        var persistence = await InfoAsync(redis, "persistence", cancellationToken);
        if (memory.GetValueOrDefault("maxmemory_policy") is { } policy && policy != "noeviction")
            faults.Add($"{redis.Description} has maxmemory-policy {policy}: it would throw records away when memory is short. Set maxmemory-policy noeviction.");
        if (persistence.GetValueOrDefault("aof_enabled") == "0")
            faults.Add($"{redis.Description} keeps no append-only file (appendonly no): a restart loses records since its last snapshot. Set appendonly yes.");
        if (persistence.GetValueOrDefault("aof_last_write_status", "ok") != "ok")
            faults.Add($"{redis.Description} could not write its append-only file (aof_last_write_status is not ok). Free or repair its disk.");
        return faults;
    }

    private static async Task<Dictionary<string, string>> InfoAsync(RedisCommands redis, string section, CancellationToken cancellationToken)
    {
        var text = (string)(await redis.ExecuteAsync("INFO", cancellationToken, section))!;
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line.Contains(':', StringComparison.Ordinal) && line[0] != '#')
            .Select(line => line.Split(':', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
    }
}
