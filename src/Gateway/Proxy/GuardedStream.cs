namespace Gateway.Proxy;

/// <summary>Reads what a <see cref="StreamGuard"/> has released.</summary>
internal sealed class GuardedStream(StreamGuard guard) : ForwardStream
{
    private ReadOnlyMemory<byte> _block;

    public async ValueTask PrimeAsync(CancellationToken cancellationToken) => _block = await guard.NextAsync(cancellationToken);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_block.IsEmpty) _block = await guard.NextAsync(cancellationToken);
        var length = Math.Min(buffer.Length, _block.Length);
        _block.Span[..length].CopyTo(buffer.Span);
        _block = _block[length..];
        return length;
    }
}
