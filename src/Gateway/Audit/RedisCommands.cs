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
            if (_connection is null)
            {
                var options = ConfigurationOptions.Parse(configuration);
                options.AbortOnConnectFail = true;
                options.ClientName ??= name;
                _connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(StepTimeout, time, cancellationToken);
            }

            return await _connection.GetDatabase().ExecuteAsync(command, arguments).WaitAsync(StepTimeout, time, cancellationToken);
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

    public void Dispose()
    {
        var connection = Interlocked.Exchange(ref _connection, null);
        connection?.Close(allowCommandsToComplete: false);
        connection?.Dispose();
    }
}
