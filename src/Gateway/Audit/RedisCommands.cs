using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>
/// One connection to Redis that is made anew after every fault. Nothing here blocks on the server: whoever waits, polls.
/// Uses of the client only what versions 1.2 to 3 share.
/// </summary>
internal sealed class RedisCommands(string configuration, string name, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);

    private ConnectionMultiplexer? _connection;

    /// <summary>The server, for messages.</summary>
    public string Description { get; } = "Redis at " + ConfigurationOptions.Parse(configuration).EndPoints.FirstOrDefault();

    public async Task<RedisResult> ExecuteAsync(string command, CancellationToken cancellationToken, params object[] arguments)
    {
        try
        {
            var connection = await ConnectedAsync(cancellationToken);
            return await RedisStep.RunAsync(connection, database => database.ExecuteAsync(command, arguments), answer => answer.WaitAsync(StepTimeout, time, cancellationToken));
        }
        catch (RedisServerException)
        {
            throw;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The answer to a command that answers with a list; empty where there is nothing.</summary>
    /// <exception cref="IOException">It is none: the connection is out of step, and made anew next time.</exception>
    public async Task<RedisResult[]> ListAsync(string command, CancellationToken cancellationToken, params object[] arguments)
    {
        var answer = await ExecuteAsync(command, cancellationToken, arguments);
        if (answer.IsNull) return [];
        try
        {
            return (RedisResult[])answer!;
        }
        catch (InvalidCastException fault)
        {
            Dispose();
            throw new IOException($"{Description} answered {command} with something that is no list. The connection is made anew.", fault);
        }
    }

    /// <summary>Names of keys, of all servers of a cluster.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string pattern, CancellationToken cancellationToken)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var connection = await ConnectedAsync(cancellationToken);
        var servers = connection.GetEndPoints().Select(endpoint => connection.GetServer(endpoint)).Where(server => server.IsConnected).ToList();
        if (servers.Count > 1)
        {
            // A cluster: each server knows its own keys only. The client has no way to ask a certain one that does not wait.
            await Task.Run(() => found.UnionWith(servers.SelectMany(server => server.Keys(pattern: pattern, pageSize: 1000)).Select(key => key.ToString())), cancellationToken);
            return [.. found];
        }

        var cursor = "0";
        do
        {
            var answer = await ListAsync("SCAN", cancellationToken, cursor, "MATCH", pattern, "COUNT", "1000");
            cursor = (string)answer[0]!;
            found.UnionWith((string[])answer[1]!);
        }
        while (cursor != "0");
        return [.. found];
    }

    private async Task<ConnectionMultiplexer> ConnectedAsync(CancellationToken cancellationToken)
    {
        if (_connection is { } connection) return connection;
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = true;
        options.ClientName ??= name;
        return _connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(StepTimeout, time, cancellationToken);
    }

    public void Dispose()
    {
        var connection = Interlocked.Exchange(ref _connection, null);
        connection?.Close(allowCommandsToComplete: false);
        connection?.Dispose();
    }
}
