using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

/// <summary>Bytes that come in the pieces they were cut into, a read each.</summary>
internal sealed class PiecewiseStream(IReadOnlyList<byte[]> pieces) : ForwardStream
{
    private int _next;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_next == pieces.Count) return ValueTask.FromResult(0);
        var piece = pieces[_next++];
        piece.CopyTo(buffer);
        return ValueTask.FromResult(piece.Length);
    }
}
