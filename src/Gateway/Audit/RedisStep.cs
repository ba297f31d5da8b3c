using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>
/// The one way in which commands go to Redis and answers come back: whoever wants the answer waits for it before the command leaves. Versions 1.2 of the client keep the
/// places of answers to use them again, one store for the whole process. Of a command that fails while it is written before anybody waits for it, the place is put back
/// twice: from then on two commands share it, whatever connection they go by, and one hears the other's answer, nothing, or never anything.
/// </summary>
internal static class RedisStep
{
    /// <summary>Sends a command and waits for its answer.</summary>
    /// <param name="connection">Where to.</param>
    /// <param name="command">Makes the command; it leaves afterwards.</param>
    /// <param name="wait">Waits for the answer, and says how long.</param>
    /// <exception cref="TimeoutException">There is none in time, or the client ended the command without one.</exception>
    public static async Task<RedisResult> RunAsync(IConnectionMultiplexer connection, Func<IDatabaseAsync, Task<RedisResult>> command, Func<Task<RedisResult>, Task<RedisResult>> wait)
    {
        var batch = Database(connection).CreateBatch();
        var answer = AwaitAsync(wait(command(batch)));

        // Who has given up already waits for nothing.
        if (!answer.IsCompleted) batch.Execute();
        return await answer ?? throw new TimeoutException("The Redis client ended a command without an answer.");
    }

    // A wait without an end is the client's own task, for which nobody waits yet.
    private static async Task<RedisResult> AwaitAsync(Task<RedisResult> answer) => await answer;

    /// <summary>Sends something that nobody waits for.</summary>
    public static Task NudgeAsync(IConnectionMultiplexer connection) => Database(connection).PingAsync(CommandFlags.FireAndForget);

#pragma warning disable RS0030 // Here alone.
    private static IDatabase Database(IConnectionMultiplexer connection) => connection.GetDatabase();
#pragma warning restore RS0030
}
