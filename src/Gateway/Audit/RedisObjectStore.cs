using Gateway.Audit.Stores;
using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>Small objects in a hash of Redis, one hash for each folder: for anchors.</summary>
internal sealed class RedisObjectStore : ObjectStore
{
    private readonly RedisCommands _redis;

    public RedisObjectStore(string configuration, TimeProvider time) => _redis = new RedisCommands(configuration, "gateway-anchors", time);

    public override string Description => _redis.Description;

    public override async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var (key, field) = Split(name);
        var isNew = (long)await ExecuteAsync("HSETNX", cancellationToken, key, field, content.ToArray());
        if (isNew == 0 && !((byte[])await ExecuteAsync("HGET", cancellationToken, key, field))!.AsSpan().SequenceEqual(content.Span)) throw Taken(name);
    }

    public override async Task<byte[]?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        var (key, field) = Split(name);
        return (byte[]?)await ExecuteAsync("HGET", cancellationToken, key, field);
    }

    public override async Task<byte[]?> GetAsync(string name, long offset, int length, CancellationToken cancellationToken = default) =>
        (await GetAsync(name, cancellationToken))?.AsSpan((int)offset, length).ToArray();

    public override async Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken = default)
    {
        var folder = prefix.TrimEnd('/');
        var names = (string[])(await ExecuteAsync("HKEYS", cancellationToken, Key(folder)))!;
        return [.. names.Select(name => $"{folder}/{name}").Order(StringComparer.Ordinal)];
    }

    public override async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        var (key, field) = Split(name);
        await ExecuteAsync("HDEL", cancellationToken, key, field);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _redis.Dispose();
        base.Dispose(disposing);
    }

    private async Task<RedisResult> ExecuteAsync(string command, CancellationToken cancellationToken, params object[] arguments)
    {
        try
        {
            return await _redis.ExecuteAsync(command, cancellationToken, arguments);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ObjectDisposedException)
        {
            throw new ObjectStoreException($"{Description} could not be read or written: {fault.Message}", fault);
        }
    }

    private static (RedisKey Key, string Field) Split(string name)
    {
        var slash = name.LastIndexOf('/');
        return (Key(name[..slash]), name[(slash + 1)..]);
    }

    // The braces keep what belongs to one journal in one slot of a cluster.
    private static RedisKey Key(string folder)
    {
        var slash = folder.LastIndexOf('/');
        return slash < 0 ? "gateway:" + folder : $"gateway:{folder[..slash].Replace('/', ':')}:{{{folder[(slash + 1)..]}}}";
    }
}
