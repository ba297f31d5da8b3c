using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;
using Gateway.Configuration;
using Gateway.Telemetry;

namespace Gateway.Audit;

/// <summary>
/// Opens the journal before the first request and closes it after the last; forwards entries to Redis where one is
/// configured. Registered before everything that serves, so that it stops after it.
/// </summary>
internal sealed class JournalHost(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock, ILogger<JournalHost> logger)
    : IHostedService, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private AuditJournal? _journal;
    private RedisAuditSink? _sink;
    private AuditForwarder? _forwarder;
    private Task _forwarding = Task.CompletedTask;

    /// <summary>The journal; there once the host has started.</summary>
    public AuditJournal Journal => _journal ?? throw new InvalidOperationException("The journal is not open.");

    /// <summary>The journal takes entries.</summary>
    public bool IsHealthy => _journal is { IsHealthy: true };

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var settings = new AuditJournalOptions { OnFault = fault => logger.LogCritical("The journal has failed: {Fault}", fault.Message) };
        _journal = await AuditJournal.OpenAsync(options.Audit.Directory, settings, clock, cancellationToken);
        var recovery = _journal.Recovery;
        logger.LogInformation("Journal {Instance} opened in {Directory}: {Recovery}", _journal.Instance, _journal.DirectoryPath, recovery);
        metrics.Meter.CreateObservableGauge("gateway_audit_queue_length", () => _journal.QueueLength, description: "Entries that wait for the disk.");
        if (options.Audit.Redis is not { Length: > 0 } redis) return;

        _sink = new RedisAuditSink(redis, clock);
        _forwarder = new AuditForwarder(_journal, _sink, new AuditForwarderOptions { OnState = Report }, clock);
        _forwarding = _forwarder.RunAsync(_stopping.Token);
        metrics.Meter.CreateObservableGauge("gateway_audit_lag_entries", () => _forwarder.EntriesBehind, description: "Durable entries that Redis does not hold yet.");
        metrics.Meter.CreateObservableGauge(
            "gateway_audit_oldest_unforwarded_seconds", () => _forwarder.OldestWaiting.TotalSeconds, "s", "Age of the oldest entry that Redis does not hold yet.");
        metrics.Meter.CreateObservableGauge("gateway_audit_sink_state", () => _forwarder.State switch
        {
            ForwarderState.Connected => 1,
            ForwarderState.Stopped => -1,
            _ => 0,
        }, description: "1 connected, 0 retrying, -1 stopped because Redis holds different entries.");
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            await _forwarding;
        }
        catch (OperationCanceledException)
        {
            // What was not forwarded is in the journal and goes out after the next start.
        }

        if (_journal is not null) await _journal.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_sink is not null) await _sink.DisposeAsync();
        _stopping.Dispose();
    }

    private void Report(ForwarderState state, string? detail)
    {
        if (state == ForwarderState.Stopped) logger.LogCritical("Audit forwarding stopped: {Detail}", detail);
        else if (state == ForwarderState.Connected) logger.LogInformation("Audit forwarding is connected");
        else logger.LogWarning("Audit forwarding is {State}: {Detail}", state, detail);
    }
}
