using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Audit.Journal;
using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>Reads entries from the streams of journals in Redis.</summary>
internal static class RedisEntries
{
    private const string Pattern = "gateway:audit:{*}";
    private const int Page = 500;

    /// <summary>Ids of the journals that have a stream.</summary>
    public static async Task<IReadOnlyList<string>> InstancesAsync(RedisCommands redis, CancellationToken cancellationToken)
    {
        var keys = await redis.KeysAsync(Pattern, cancellationToken);
        return [.. keys.Select(key => key["gateway:audit:{".Length..^1])];
    }

    /// <summary>Entries after a number, page by page.</summary>
    public static async IAsyncEnumerable<JournalEntry> AfterAsync(
        RedisCommands redis, string instance, long sequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var page = await redis.ListAsync("XRANGE", cancellationToken, (RedisKey)RedisAuditSink.StreamOf(instance), Id(sequence + 1), "+", "COUNT", Page);
            foreach (var each in page)
            {
                var entry = Read(each);
                sequence = entry.Sequence;
                yield return entry;
            }

            if (page.Length < Page) yield break;
        }
    }

    /// <summary>An entry of a stream.</summary>
    /// <exception cref="InvalidDataException">It is not one that a gateway wrote.</exception>
    public static JournalEntry Read(RedisResult entry)
    {
        var parts = (RedisResult[])entry!;
        var fields = (RedisResult[])parts[1]!;
        if (fields is [_, var seq, _, var hash, _, var record]
            && long.TryParse((string?)seq, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && (string?)parts[0] == Id(sequence))
        {
            return new JournalEntry(sequence, (string)hash!, (byte[])record!);
        }

        throw new InvalidDataException($"The Redis stream holds the entry {(string?)parts[0]} that no gateway wrote. Find out who else writes to it.");
    }

    public static string Id(long sequence) => sequence.ToString(CultureInfo.InvariantCulture) + "-0";
}
