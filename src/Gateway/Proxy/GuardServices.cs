using Gateway.Audit;
using Gateway.Care;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Labels;
using Gateway.Protocols;
using Gateway.Telemetry;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Proxy;

/// <summary>What the guards need beside the exchange itself.</summary>
internal sealed class GuardServices(
    GatewayOptions options, AuditTrail audit, ContentLabels labels, CareDesk care, GatewayMetrics metrics, Drain drain, TimeProvider clock, ILogger<GuardServices> logger)
{
    private const int KeptScans = 64;

    private readonly DefaultObjectPool<ScannedJson> _scans = new(new DefaultPooledObjectPolicy<ScannedJson>(), KeptScans);

    public LimitsOptions Limits => options.Limits;

    /// <summary>Makes machine-readable labels.</summary>
    public ContentLabels Labels => labels;

    /// <summary>Care for people, where policy asks for it.</summary>
    public CareDesk Care => care;

    public AuditTrail Audit => audit;

    public GatewayMetrics Metrics => metrics;

    public TimeProvider Clock => clock;

    /// <summary>Fires when a shutdown has waited long enough: running exchanges end now.</summary>
    public CancellationToken Cut => drain.Cut;

    /// <summary>A scan to use and give back.</summary>
    public ScannedJson RentScan() => _scans.Get();

    public void ReturnScan(ScannedJson scanned)
    {
        scanned.Reset();
        _scans.Return(scanned);
    }

    /// <summary>Rooms 6 and 7 for a whole body; a detector's fault becomes what policy says of faults.</summary>
    public async ValueTask JudgeAsync(
        ScannedJson scanned, ReadOnlyMemory<byte> json, TextSide side, Exchange exchange, Judgement judgement, CancellationToken cancellationToken)
    {
        judgement.Candidate = exchange.Candidate;
        judgement.Shadow ??= exchange.ShadowOf(side);
        try
        {
            await FieldJudge.JudgeAsync(scanned, json, side, exchange.Epoch, exchange.Policy, judgement, cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Report(fault, side == TextSide.Prompt ? "request" : "response", exchange);
            judgement.Fail(exchange.Policy.OnFault, fault.GetType().Name);
        }

        // A person's first exchange mints a key, which waits for the disk.
        if (exchange.EndUser is not null && exchange.SubjectKey is null) await SocketThreads.ElsewhereAsync();
        audit.Keep(exchange, side, scanned, json);
    }

    /// <summary>Logs and counts a fault inside the gateway. Messages of exceptions may quote input, so only types are logged.</summary>
    public void Report(Exception fault, string room, Exchange exchange)
    {
        metrics.Fault(room);
        var inner = fault.InnerException is null ? "" : $" ({fault.InnerException.GetType().Name})";
        logger.LogError("Fault in {Room} of exchange {ExchangeId}: {Fault}{Inner} at {Where}", room, exchange.Id, fault.GetType().Name, inner, fault.TargetSite?.Name);
    }
}
