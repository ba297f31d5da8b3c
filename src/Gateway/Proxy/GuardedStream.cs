namespace Gateway.Proxy;

/// <summary>Reads what a <see cref="StreamGuard"/> has released.</summary>
internal sealed class GuardedStream(StreamGuard guard) : Stream
{
    private ReadOnlyMemory<byte> _block;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public async ValueTask PrimeAsync(CancellationToken cancellationToken) => _block = await guard.NextAsync(cancellationToken);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_block.IsEmpty) _block = await guard.NextAsync(cancellationToken);
        var length = Math.Min(buffer.Length, _block.Length);
        _block.Span[..length].CopyTo(buffer.Span);
        _block = _block[length..];
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Guarded answers are read asynchronously.");

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
