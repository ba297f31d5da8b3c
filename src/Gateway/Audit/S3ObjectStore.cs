using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Gateway.Audit.Stores;
using Gateway.Configuration;

namespace Gateway.Audit;

/// <summary>
/// Objects in an S3-compatible bucket: <c>s3://BUCKET/PREFIX?endpoint=URL&amp;region=NAME</c>. Credentials come from where the client always looks:
/// <c>AWS_ACCESS_KEY_ID</c> and <c>AWS_SECRET_ACCESS_KEY</c>, a profile, or the machine's role.
/// </summary>
internal sealed class S3ObjectStore : ObjectStore
{
    private readonly AmazonS3Client _client;
    private readonly string _bucket;
    private readonly string _prefix;

    /// <exception cref="ConfigurationException">The text names no bucket.</exception>
    public S3ObjectStore(string place)
    {
        if (!Uri.TryCreate(place, UriKind.Absolute, out var uri) || uri.Scheme != "s3" || uri.Host.Length == 0)
            throw new ConfigurationException($"'{place}' names no bucket: write s3://BUCKET/PREFIX, with ?endpoint=URL for a store that is not Amazon's.");
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(uri.Query);
        _bucket = uri.Host;
        _prefix = uri.AbsolutePath.Trim('/') is { Length: > 0 } prefix ? prefix + "/" : "";
        var settings = new AmazonS3Config
        {
            AuthenticationRegion = query.TryGetValue("region", out var region) ? region.ToString() : Environment.GetEnvironmentVariable("AWS_REGION") ?? "us-east-1",
            MaxErrorRetry = 2,
            Timeout = TimeSpan.FromSeconds(60),
            // Stores other than Amazon's do not know the newer check sums; what is written is read back anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (query.TryGetValue("endpoint", out var endpoint))
        {
            settings.ServiceURL = endpoint.ToString();
            settings.ForcePathStyle = true;
        }
        else settings.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(settings.AuthenticationRegion);

        _client = new AmazonS3Client(settings);
        Description = $"s3://{_bucket}/{_prefix}";
    }

    public override string Description { get; }

    public override Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => GuardedAsync(async () =>
    {
        if (await FetchAsync(name, null, cancellationToken) is { } held)
        {
            if (!held.AsSpan().SequenceEqual(content.Span)) throw Taken(name);
            return true;
        }

        using var body = new MemoryStream(content.ToArray(), writable: false);
        try
        {
            await _client.PutObjectAsync(
                new PutObjectRequest { BucketName = _bucket, Key = _prefix + name, InputStream = body, UseChunkEncoding = false, IfNoneMatch = "*", AutoCloseStream = false },
                cancellationToken);
        }
        catch (AmazonS3Exception fault) when (fault.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
        {
            // Somebody was quicker: another writer, or this one, whose first try was stored and whose answer was lost.
            if (await FetchAsync(name, null, cancellationToken) is not { } stored || !stored.AsSpan().SequenceEqual(content.Span)) throw Taken(name);
        }

        return true;
    });

    public override Task<byte[]?> GetAsync(string name, CancellationToken cancellationToken = default) =>
        GuardedAsync(() => FetchAsync(name, null, cancellationToken));

    public override Task<byte[]?> GetAsync(string name, long offset, int length, CancellationToken cancellationToken = default) =>
        GuardedAsync(() => FetchAsync(name, new ByteRange(offset, offset + length - 1), cancellationToken));

    public override Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellationToken = default) => GuardedAsync<IReadOnlyList<string>>(async () =>
    {
        var names = new List<string>();
        string? after = null;
        do
        {
            // The first version of this call goes on after a name; the second after a token of the store's own making, at
            // which some stores fail as soon as there is a second page.
            var page = await _client.ListObjectsAsync(new ListObjectsRequest { BucketName = _bucket, Prefix = _prefix + prefix, Marker = after }, cancellationToken);
            var objects = page.S3Objects ?? [];
            names.AddRange(objects.Select(each => each.Key[_prefix.Length..]));
            after = page.IsTruncated == true && objects.Count > 0 ? objects[^1].Key : null;
        }
        while (after is not null);
        names.Sort(StringComparer.Ordinal);
        return names;
    });

    public override Task DeleteAsync(string name, CancellationToken cancellationToken = default) => GuardedAsync(async () =>
    {
        await _client.DeleteObjectAsync(_bucket, _prefix + name, cancellationToken);
        return true;
    });

    protected override void Dispose(bool disposing)
    {
        if (disposing) _client.Dispose();
        base.Dispose(disposing);
    }

    private async Task<byte[]?> FetchAsync(string name, ByteRange? range, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetObjectAsync(new GetObjectRequest { BucketName = _bucket, Key = _prefix + name, ByteRange = range }, cancellationToken);
            using var content = new MemoryStream();
            await answer.ResponseStream.CopyToAsync(content, cancellationToken);
            return content.ToArray();
        }
        catch (AmazonS3Exception fault) when (fault.StatusCode == HttpStatusCode.NotFound && fault.ErrorCode is "NoSuchKey" or "NotFound")
        {
            return null;
        }
    }

    private async Task<T> GuardedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (fault is AmazonServiceException or AmazonClientException or HttpRequestException or IOException)
        {
            throw new ObjectStoreException($"{Description} could not be read or written: {fault.Message} Check bucket, endpoint and credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).", fault);
        }
    }
}
