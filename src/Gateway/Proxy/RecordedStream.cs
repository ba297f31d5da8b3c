using Gateway.Audit.Records;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>Closes the record of an exchange when the model server's answer is at its end, before the reader learns of it.</summary>
internal sealed class RecordedStream(Stream original, Func<ValueTask<bool>> close, Exchange exchange) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var length = await original.ReadAsync(buffer, cancellationToken);
        if (length > 0) return length;
        exchange.Outcome ??= AuditOutcomes.Completed;
        if (!await close() && exchange.Policy.OnAuditFault == FaultAction.Block) throw new UnrecordedException();
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) original.Dispose();
        base.Dispose(disposing);
    }
}
