using System.Globalization;
using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;
using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>
/// Brings entries to a Redis stream named after the journal's instance, with ids made of the journal's numbers, so that
/// an entry has one possible place. Uses of the client only what versions 1.2 to 3 share.
/// </summary>
internal sealed class RedisAuditSink : IAuditSink
{
    /// <summary>How long Redis may take for one step. A step that comes later still does no harm: it finds another last id and appends nothing.</summary>
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);

    private readonly string _configuration;
    private readonly TimeProvider _time;
    private ConnectionMultiplexer? _connection;
    private RedisKey _stream;

    /// <summary>Prepares the sink; connects when opened.</summary>
    /// <param name="configuration"><c>HOST:PORT</c>, or the client's longer form with options.</param>
    /// <param name="time">Clock of the time-outs.</param>
    /// <exception cref="ArgumentException">The text cannot be understood.</exception>
    public RedisAuditSink(string configuration, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        if (ConfigurationOptions.Parse(configuration).EndPoints.Count == 0)
            throw new ArgumentException($"'{configuration}' names no Redis server: write HOST:PORT.", nameof(configuration));
        _configuration = configuration;
        _time = time;
    }

    /// <summary>Name of the stream of a journal. The braces keep it in one slot of a cluster with whatever belongs to it.</summary>
    public static string StreamOf(string instance) => "gateway:audit:{" + instance + "}";

    /// <inheritdoc/>
    public async ValueTask<JournalPosition> OpenAsync(string instance, CancellationToken cancellationToken)
    {
        _stream = StreamOf(instance);
        if (_connection is null) await ConnectAsync(cancellationToken);
        var answer = (RedisResult[])(await EvaluateAsync(RedisAuditScripts.Position, [], cancellationToken))!;
        return answer.Length switch
        {
            0 => JournalPosition.None,
            1 => throw new AuditSinkConflictException($"The Redis key {_stream} is not a stream. Another program uses the name; move its data away."),
            _ => Position((string)answer[0]!, (string)answer[1]!),
        };
    }

    /// <inheritdoc/>
    public async ValueTask BeginAfterAsync(long sequence, CancellationToken cancellationToken) =>
        await EvaluateAsync(RedisAuditScripts.BeginAfter, [Id(sequence)], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<JournalEntry> batch, CancellationToken cancellationToken)
    {
        for (var from = 0; from < batch.Count;)
        {
            var last = (string)(await EvaluateAsync(RedisAuditScripts.Append, Arguments(batch, from), cancellationToken))!;
            if (last == "OK") return;

            // Another last id than expected. Behind: the stream was emptied or restored from an older copy, so all that is
            // missing must come first; the forwarder opens again and rewinds. Ahead: an earlier write arrived after all, or
            // the entries are another's; their hashes tell.
            var held = Sequence(last);
            if (held < batch[from].Sequence)
                throw new InvalidOperationException($"The Redis stream {_stream} ends at {last}, before entry {batch[from].Sequence - 1} that it held: it lost data and is filled again.");
            from += await CompareAsync(batch, from, held, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Disconnect();
        return ValueTask.CompletedTask;
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        // A connection is made anew after every fault instead of waiting for the client to mend it: what was under way is
        // over then, and the comparison that follows sees all of it or none.
        var options = ConfigurationOptions.Parse(_configuration);
        options.AbortOnConnectFail = true;
        options.ClientName ??= "gateway-audit";
        _connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(StepTimeout, _time, cancellationToken);
    }

    private void Disconnect()
    {
        if (_connection is not { } connection) return;
        _connection = null;

        // Disposing alone would wait for commands that a dead server never answers.
        connection.Close(allowCommandsToComplete: false);
        connection.Dispose();
    }

    private async Task<RedisResult> EvaluateAsync(string script, List<object> arguments, CancellationToken cancellationToken)
    {
        var connection = _connection ?? throw new InvalidOperationException("The Redis sink is not open.");
        try
        {
            return await RedisStep.RunAsync(
                connection, database => database.ExecuteAsync("EVAL", [script, 1, _stream, .. arguments]), answer => answer.WaitAsync(StepTimeout, _time, cancellationToken));
        }
        catch
        {
            Disconnect();
            throw;
        }
    }

    private static List<object> Arguments(IReadOnlyList<JournalEntry> batch, int from)
    {
        var arguments = new List<object>(1 + (4 * (batch.Count - from))) { Id(batch[from].Sequence - 1) };
        for (var index = from; index < batch.Count; index++)
        {
            var entry = batch[index];
            arguments.Add(Id(entry.Sequence));
            arguments.Add(entry.Sequence.ToString(CultureInfo.InvariantCulture));
            arguments.Add(entry.Hash);
            arguments.Add(entry.Json.ToArray());
        }

        return arguments;
    }

    /// <summary>Reads the entries of the batch that the stream holds already, and compares them.</summary>
    /// <returns>How many they are: equal means done.</returns>
    private async Task<int> CompareAsync(IReadOnlyList<JournalEntry> batch, int from, long held, CancellationToken cancellationToken)
    {
        var until = Math.Min(held, batch[^1].Sequence);
        var done = 0;
        for (; from + done < batch.Count && batch[from + done].Sequence <= until; done++)
        {
            var entry = batch[from + done];
            var found = (RedisResult[])(await ExecuteAsync("XRANGE", cancellationToken, _stream, Id(entry.Sequence), Id(entry.Sequence)))!;
            if (found.Length == 0 || HashOf(found[0]) != entry.Hash)
            {
                throw new AuditSinkConflictException(
                    $"The Redis stream {_stream} holds another entry under {Id(entry.Sequence)} than the journal, or passed it without holding it. " +
                    "Nothing was overwritten. Run `gateway audit verify` on the journal and look who else writes the stream.");
            }
        }

        return done;
    }

    private async Task<RedisResult> ExecuteAsync(string command, CancellationToken cancellationToken, params object[] arguments)
    {
        try
        {
            return await RedisStep.RunAsync(_connection!, database => database.ExecuteAsync(command, arguments), answer => answer.WaitAsync(StepTimeout, _time, cancellationToken));
        }
        catch
        {
            Disconnect();
            throw;
        }
    }

    private static string? HashOf(RedisResult entry)
    {
        var fields = (RedisResult[])((RedisResult[])entry!)[1]!;
        for (var index = 0; index + 1 < fields.Length; index += 2)
        {
            if ((string)fields[index]! == "hash") return (string?)fields[index + 1];
        }

        return null;
    }

    private JournalPosition Position(string last, string hash) =>
        Sequence(last) is var sequence and > 0 ? new JournalPosition(sequence, hash.Length == 0 ? null : hash) : JournalPosition.None;

    private static string Id(long sequence) => sequence.ToString(CultureInfo.InvariantCulture) + "-0";

    private long Sequence(string id)
    {
        var parts = id.Split('-');
        if (parts is [var number, "0"] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return sequence;
        throw new AuditSinkConflictException(
            $"The Redis stream {_stream} ends at {id}, an id that no journal gives: another program writes to it. Nothing was overwritten.");
    }
}
