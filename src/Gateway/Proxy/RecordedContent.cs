using System.Net;

namespace Gateway.Proxy;

/// <summary>An answer that passes unjudged, because somebody exempted it by name: its record is closed before its end is sent.</summary>
internal sealed class RecordedContent(HttpContent original, Stream? stream, Func<ValueTask<bool>> close, Exchange exchange) : HttpContent
{
    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new RecordedStream(stream ?? await original.ReadAsStreamAsync(), close, exchange);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        throw new NotSupportedException("A recorded answer is read, never pushed.");

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) original.Dispose();
        base.Dispose(disposing);
    }
}
