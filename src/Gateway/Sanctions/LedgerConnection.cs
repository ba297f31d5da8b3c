using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Gateway.Audit;
using StackExchange.Redis;

namespace Gateway.Sanctions;

/// <summary>
/// The connection to the Redis that all nodes share. One for all exchanges, kept by the client library; where it is down nobody waits: the caller counts
/// locally until it is back. Uses of the client only what versions 1.2 to 3 share.
/// </summary>
internal sealed class LedgerConnection(string configuration, TimeProvider clock) : IDisposable
{
    // Long enough for a busy process to come round to an answer: a step given up here may still count in Redis.
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Nudge = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly ConditionalWeakTable<string, byte[]> Hashes = [];

    private ConnectionMultiplexer? _connection;
    private bool? _isCluster;
    private long _failedAt;
    private bool _hasFailed;

    /// <summary>Keys of different tenants lie on different servers.</summary>
    public bool IsCluster
    {
        get
        {
            if (_isCluster is null && _connection is { IsConnected: true } connection) _isCluster = connection.GetEndPoints().Any(point => connection.GetServer(point).ServerType == ServerType.Cluster);
            return _isCluster == true;
        }
    }

    /// <summary>It may be asked.</summary>
    public bool IsUp => Volatile.Read(ref _connection) is { IsConnected: true } && !(Volatile.Read(ref _hasFailed) && clock.GetElapsedTime(Volatile.Read(ref _failedAt)) < Pause);

    /// <summary>Connects; the library goes on trying by itself afterwards.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var settings = ConfigurationOptions.Parse(configuration);
        settings.AbortOnConnectFail = false;
        settings.ClientName ??= "gateway-ledger";
        var connection = await ConnectionMultiplexer.ConnectAsync(settings).WaitAsync(cancellationToken);
        Volatile.Write(ref _connection, connection);
    }

    /// <summary>Key of something of a tenant: all of one tenant lie together in a cluster.</summary>
    public static string Key(string tenant, string rest) => string.Concat("gateway:use:{", tenant, "}:", rest);

    /// <summary>Runs a script whose answer is a list.</summary>
    public async Task<RedisResult[]> EvaluateAsync(string script, RedisKey[] keys, params RedisValue[] values)
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

    /// <summary>Runs a script.</summary>
    public async Task<RedisResult> RunAsync(string script, RedisKey[] keys, params RedisValue[] values)
    {
        try
        {
            var connection = _connection ?? throw new TimeoutException("Redis is not connected yet.");
            var hash = HashOf(script);
            RedisResult result;
            try
            {
                result = await RedisStep.RunAsync(connection, database => database.ScriptEvaluateAsync(hash, keys, values), answer => AnswerAsync(answer, connection));
            }
            catch (RedisServerException fault) when (fault.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // Redis has forgotten it, or never knew it: nothing was run.
                result = await RedisStep.RunAsync(connection, database => database.ScriptEvaluateAsync(script, keys, values), answer => AnswerAsync(answer, connection));
            }

            if (_hasFailed) Volatile.Write(ref _hasFailed, false);
            return result;
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

    public void Dispose()
    {
        _connection?.Close(allowCommandsToComplete: false);
        _connection?.Dispose();
    }

    /// <summary>
    /// What Redis knows a script by. Found by reference: the client library looks its long text up for every step, which costs more than sending the step.
    /// </summary>
    private static byte[] HashOf(string script)
    {
        if (Hashes.TryGetValue(script, out var hash)) return hash;
#pragma warning disable CA5350 // Redis names scripts by SHA-1; nothing is protected by it.
        lock (Hashes) return Hashes.GetValue(script, static text => SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }

    /// <summary>
    /// Waits for an answer, and sends another command where it is late: versions 1.2 of the client now and then leave the last command of a burst
    /// unsent until the next one comes.
    /// </summary>
    private async Task<RedisResult> AnswerAsync(Task<RedisResult> answer, ConnectionMultiplexer connection)
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
                await RedisStep.NudgeAsync(connection);
            }
        }
    }
}
