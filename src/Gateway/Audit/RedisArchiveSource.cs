using System.Globalization;
using Gateway.Audit.Journal;
using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>
/// A stream of Redis as the archiver's source: a consumer group, so that what was given out and not archived is found
/// again, and a lease, so that one archiver owns a stream at a time and takes over what a dead one held.
/// </summary>
internal sealed class RedisArchiveSource(RedisCommands redis, string instance, string consumer)
{
    private const string Group = "archive";
    private const int Batch = 500;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(30);

    private readonly RedisKey _stream = RedisAuditSink.StreamOf(instance);
    private readonly RedisKey _lease = "gateway:archive:{" + instance + "}";
    private string _from = "0";

    /// <summary>Takes or renews the right to archive the stream; call it at least every ten seconds.</summary>
    /// <returns>False while another holds it.</returns>
    public async Task<bool> TryOwnAsync(CancellationToken cancellationToken) =>
        (long)await redis.ExecuteAsync(
            "EVAL", cancellationToken, RedisAuditScripts.Lease, 1, _lease, consumer, ((long)LeaseTime.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)) == 1;

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
            var answer = (RedisResult[])(await redis.ExecuteAsync("XAUTOCLAIM", cancellationToken, _stream, Group, consumer, "0", cursor, "COUNT", "1000", "JUSTID"))!;
            cursor = (string)answer[0]!;
        }
        while (cursor != "0-0");
        _from = "0";
    }

    /// <summary>The next entries: first what was given out before, then new ones. Never blocks.</summary>
    public async Task<IReadOnlyList<JournalEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await redis.ExecuteAsync("XREADGROUP", cancellationToken, "GROUP", Group, consumer, "COUNT", Batch, "STREAMS", _stream, _from);
            var entries = answer.IsNull ? [] : (RedisResult[])((RedisResult[])((RedisResult[])answer!)[0]!)[1]!;
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
            var pending = (RedisResult[])(await redis.ExecuteAsync("XPENDING", cancellationToken, _stream, Group, "-", RedisEntries.Id(archived), 1000))!;
            if (pending.Length == 0) break;
            await redis.ExecuteAsync("XACK", cancellationToken, [_stream, Group, .. pending.Select(each => (string)((RedisResult[])each!)[0]!)]);
        }

        await redis.ExecuteAsync("XTRIM", cancellationToken, _stream, "MINID", RedisEntries.Id(archived + 1));
    }

    /// <summary>Gives the right back.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken) =>
        await redis.ExecuteAsync("EVAL", cancellationToken, RedisAuditScripts.Release, 1, _lease, consumer);
}
