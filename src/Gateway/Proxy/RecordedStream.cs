using Gateway.Audit.Records;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>Closes the record of an exchange when the model server's answer is at its end, before the reader learns of it.</summary>
internal sealed class RecordedStream(Stream original, Func<ValueTask<bool>> close, Exchange exchange) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var length = await original.ReadAsync(buffer, cancellationToken);
        if (length > 0) return length;
        exchange.Outcome ??= AuditOutcomes.Completed;
        if (!await close() && exchange.Policy.OnAuditFault == FaultAction.Block) throw new UnrecordedException();
        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) original.Dispose();
        base.Dispose(disposing);
    }
}
