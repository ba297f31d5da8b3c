using Gateway.Audit.Stores;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>Opens the stores that settings and arguments name: a directory, <c>redis:HOST:PORT</c>, <c>s3://BUCKET/PREFIX</c>.</summary>
internal static class StorePlaces
{
    /// <exception cref="ConfigurationException">The text names no store.</exception>
    public static ObjectStore Open(string place, TimeProvider clock)
    {
        if (place.StartsWith("redis:", StringComparison.Ordinal)) return new RedisObjectStore(place["redis:".Length..], clock);
        if (place.StartsWith("s3:", StringComparison.Ordinal)) return new S3ObjectStore(place);
        if (place.Contains("://", StringComparison.Ordinal))
            throw new ConfigurationException($"'{place}' is no place for records: name a directory, redis:HOST:PORT or s3://BUCKET/PREFIX.");
        return new DirectoryStore(place);
    }
}
