using Gateway.Audit.Journal;
using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>
/// A stream of Redis as the archiver's source: a consumer group, so that what was given out and not archived is found
/// again. Whoever reads it holds the stream's <see cref="ArchiveLease"/>.
/// </summary>
internal sealed class RedisArchiveSource(RedisCommands redis, string instance, string consumer)
{
    private const string Group = "archive";
    private const int Batch = 500;

    private readonly RedisKey _stream = RedisAuditSink.StreamOf(instance);
    private string _from = "0";

    /// <summary>Makes the group where there is none, and takes over what another archiver was given and did not finish.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            await redis.ExecuteAsync("XGROUP", cancellationToken, "CREATE", _stream, Group, "0", "MKSTREAM");
        }
        catch (RedisServerException fault) when (fault.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // It is there already.
        }

        // The lease is ours, so whoever was given something before does not work on it any more.
        var cursor = "0-0";
        do
        {
            var answer = await redis.ListAsync("XAUTOCLAIM", cancellationToken, _stream, Group, consumer, "0", cursor, "COUNT", "1000", "JUSTID");
            cursor = (string)answer[0]!;
        }
        while (cursor != "0-0");
        await redis.ExecuteAsync("EVAL", cancellationToken, RedisAuditScripts.ForgetConsumers, 1, _stream, Group, consumer);
        _from = "0";
    }

    /// <summary>The next entries: first what was given out before, then new ones. Never blocks.</summary>
    public async Task<IReadOnlyList<JournalEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await redis.ListAsync("XREADGROUP", cancellationToken, "GROUP", Group, consumer, "COUNT", Batch, "STREAMS", _stream, _from);
            var entries = answer.Length == 0 ? [] : (RedisResult[])((RedisResult[])answer[0]!)[1]!;
            if (entries.Length == 0)
            {
                if (_from == ">") return [];
                _from = ">";
                continue;
            }

            if (_from != ">") _from = (string)((RedisResult[])entries[^1]!)[0]!;

            // An entry that was trimmed since it was given out comes without fields: the archive holds it.
            return [.. entries.Where(entry => !((RedisResult[])entry!)[1].IsNull).Select(RedisEntries.Read)];
        }
    }

    /// <summary>Ends the work on entries that the archive holds, and trims the stream behind them.</summary>
    public async Task ConfirmAsync(long archived, CancellationToken cancellationToken)
    {
        while (true)
        {
            var pending = await redis.ListAsync("XPENDING", cancellationToken, _stream, Group, "-", RedisEntries.Id(archived), 1000);
            if (pending.Length == 0) break;
            await redis.ExecuteAsync("XACK", cancellationToken, [_stream, Group, .. pending.Select(each => (string)((RedisResult[])each!)[0]!)]);
        }

        await redis.ExecuteAsync("XTRIM", cancellationToken, _stream, "MINID", RedisEntries.Id(archived + 1));
    }
}
