using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

/// <summary>Bytes that come in the pieces they were cut into, a read each.</summary>
internal sealed class PiecewiseStream(IReadOnlyList<byte[]> pieces) : ForwardStream
{
    private int _next;
    private int _taken;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_next == pieces.Count) return ValueTask.FromResult(0);
        var piece = pieces[_next];
        var length = Math.Min(buffer.Length, piece.Length - _taken);
        piece.AsSpan(_taken, length).CopyTo(buffer.Span);
        _taken += length;
        if (_taken == piece.Length) (_next, _taken) = (_next + 1, 0);
        return ValueTask.FromResult(length);
    }
}
