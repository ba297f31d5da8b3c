using System.Net;

namespace Gateway.Proxy;

/// <summary>
/// Takes the place of the model server's answer: the proxy's copy loop pulls from it, so that back-pressure, cancellation
/// and abort stay the proxy's own. It owns the original content.
/// </summary>
internal sealed class GuardedContent : HttpContent
{
    private readonly HttpContent _original;
    private readonly StreamGuard _guard;
    private readonly GuardedStream _stream;

    public GuardedContent(HttpContent original, StreamGuard guard)
    {
        _original = original;
        _guard = guard;
        _stream = new GuardedStream(guard);
        foreach (var header in original.Headers.NonValidated)
        {
            if (!header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>Waits for the first bytes that may leave, so that the headers sent before them tell the action so far.</summary>
    public ValueTask PrimeAsync(CancellationToken cancellationToken) => _stream.PrimeAsync(cancellationToken);

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(_stream);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        throw new NotSupportedException("A guarded answer is read, never pushed.");

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _guard.Dispose();
            _original.Dispose();
        }

        base.Dispose(disposing);
    }
}
