using System.Globalization;
using Gateway.Audit.Forwarding;
using Gateway.Audit.Journal;
using Gateway.Audit.Keys;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;
using Gateway.Configuration;
using Gateway.Telemetry;
using StackExchange.Redis;

namespace Gateway.Audit;

/// <summary>
/// Opens key store and journal before the first request and closes them after the last; seals the chain, anchors the
/// seals, and forwards entries to Redis where one is configured. Registered before everything that serves, so that it stops after it.
/// </summary>
internal sealed class JournalHost(GatewayOptions options, GatewayMetrics metrics, TimeProvider clock, ILogger<JournalHost> logger)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan HousekeepingPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HousekeepingRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastForwarding = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ForwardingLook = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _stoppingForwarder = new();
    private AuditJournal? _journal;
    private KeyStore? _keys;
    private JournalSealer? _sealer;
    private SealAnchors? _anchors;
    private RedisAuditSink? _sink;
    private AuditForwarder? _forwarder;
    private Task _sealing = Task.CompletedTask;
    private Task _forwarding = Task.CompletedTask;
    private Task _housekeeping = Task.CompletedTask;

    /// <summary>The journal; there once the host has started.</summary>
    public AuditJournal Journal => _journal ?? throw new InvalidOperationException("The journal is not open.");

    /// <summary>The key store; there once the host has started.</summary>
    public KeyStore Keys => _keys ?? throw new InvalidOperationException("The key store is not open.");

    /// <summary>The journal takes entries.</summary>
    public bool IsHealthy => _journal is { IsHealthy: true };

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // 1. Keys first: an entry whose key is not safe would be unreadable.
        var master = KeyAccess.Master(options.Audit, mayMint: true, logger);
        _keys = KeyStore.Open(options.Audit.KeysDirectory, master, clock);

        // 2. The journal.
        var settings = new AuditJournalOptions { OnFault = fault => logger.LogCritical("The journal has failed: {Fault}", fault.Message) };
        _journal = await AuditJournal.OpenAsync(options.Audit.Directory, settings, clock, cancellationToken);
        var recovery = _journal.Recovery;
        logger.LogInformation("Journal {Instance} opened in {Directory}: {Recovery}", _journal.Instance, _journal.DirectoryPath, recovery);
        metrics.Meter.CreateObservableGauge("gateway_audit_queue_length", () => _journal.QueueLength, description: "Entries that wait for the disk.");

        // 3. Seals and their anchors.
        _anchors = SealAnchors.Open(options, _journal.Instance, clock, logger);
        var sealing = new SealOptions
        {
            Entries = options.Audit.Seal.Entries,
            Interval = TimeSpan.FromSeconds(options.Audit.Seal.Seconds),
            KeyAge = TimeSpan.FromDays(options.Audit.Seal.KeyDays),
            OnSeal = _anchors.Take,
            OnFault = fault => logger.LogError("The journal could not be sealed: {Fault}", fault.Message),
        };
        _sealer = new JournalSealer(_journal, options.Audit.KeysDirectory, master, sealing, clock);
        _sealing = _sealer.RunAsync(_stopping.Token);
        metrics.Meter.CreateObservableGauge("gateway_audit_unsealed_entries", () => _sealer.Unsealed, description: "Durable entries that no seal covers yet.");
        metrics.Meter.CreateObservableGauge("gateway_audit_unanchored_seals", () => _anchors.Waiting, description: "Seals that an anchor place does not hold yet.");

        _housekeeping = KeepHouseAsync(_stopping.Token);

        // 4. Redis.
        if (options.Audit.Redis is not { Length: > 0 } redis) return;
        await CheckRedisAsync(redis, cancellationToken);
        _sink = new RedisAuditSink(redis, clock);
        _forwarder = new AuditForwarder(_journal, _sink, new AuditForwarderOptions { OnState = Report }, clock);
        _forwarding = _forwarder.RunAsync(_stoppingForwarder.Token);
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
        await Task.WhenAll(_sealing, _housekeeping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_journal is not null) await SealRestAsync();
        await ForwardRestAsync();
        await _stoppingForwarder.CancelAsync();
        await _forwarding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_journal is not null) await _journal.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_sink is not null) await _sink.DisposeAsync();
        _sealer?.Dispose();
        _anchors?.Dispose();
        _keys?.Dispose();
        _stopping.Dispose();
        _stoppingForwarder.Dispose();
    }

    /// <summary>An orderly end leaves nothing unsealed.</summary>
    private async Task SealRestAsync()
    {
        if (_sealer is null || !IsHealthy) return;
        try
        {
            await _sealer.SealAsync();
            await _anchors!.FlushAsync();
        }
        catch (Exception fault) when (fault is AuditJournalException or KeyStoreException or IOException)
        {
            logger.LogError("The end of the journal could not be sealed: {Fault}", fault.Message);
        }
    }

    /// <summary>A Redis that answers gets the end too: this machine may not come back. One that does not is not waited for.</summary>
    private async Task ForwardRestAsync()
    {
        var started = clock.GetTimestamp();
        while (_forwarder is { State: ForwarderState.Connected, EntriesBehind: > 0 } && clock.GetElapsedTime(started) < LastForwarding)
            await Task.Delay(ForwardingLook, clock);
    }

    /// <summary>Takes events that commands lay into the inbox, and removes segments that an archiver says it holds.</summary>
    private async Task KeepHouseAsync(CancellationToken cancellationToken)
    {
        var trimmed = JournalPosition.None;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await EventInbox.TakeAsync(Journal, cancellationToken);
                var mark = JournalTrimmer.ReadMark(Journal.DirectoryPath);
                if (mark != trimmed && mark.Sequence <= Journal.DurableSequence)
                {
                    var through = JournalTrimmer.Trim(Journal.DirectoryPath, mark, _forwarder?.ForwardedSequence ?? long.MaxValue);
                    if (_forwarder is null || _forwarder.ForwardedSequence >= mark.Sequence) trimmed = mark;
                    if (through > 0) await Journal.AppendAsync(Trimmed(through), cancellationToken);
                }

                await Task.Delay(HousekeepingPause, clock, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // Part of the journal's loop: a mark or an event that cannot be taken must not end the record.
                logger.LogError("Housekeeping of the journal failed: {Fault}", fault.Message);
                if (!IsHealthy) return;
                await Task.WhenAny(Task.Delay(HousekeepingRetry, clock, cancellationToken));
            }
        }
    }

    private static EventEntry Trimmed(long through) => new()
    {
        Id = "trim-" + through.ToString(CultureInfo.InvariantCulture),
        Event = AuditEvents.JournalTrimmed,
        Actor = "gateway",
        Reason = "the archive holds these entries",
        Facts = new Dictionary<string, string> { ["through"] = through.ToString(CultureInfo.InvariantCulture) },
    };

    /// <summary>A Redis that can lose records is named at start. One that is away is not waited for: the journal keeps the records.</summary>
    private async Task CheckRedisAsync(string redis, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> faults;
        try
        {
            using var commands = new RedisCommands(redis, "gateway-check", clock);
            faults = await RedisSafety.CheckAsync(commands, cancellationToken);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException)
        {
            logger.LogWarning("Redis did not answer at start, so its settings are not checked: {Fault}", fault.Message);
            return;
        }

        var refuses = (options.Audit.OnUnsafeRedis ?? (options.Regulated ? "Refuse" : "Warn")) == "Refuse";
        if (refuses && faults.Count > 0) throw new ConfigurationException(string.Join(Environment.NewLine, faults));
        foreach (var fault in faults) logger.LogWarning("Audit records are not safe in Redis: {Fault}", fault);
        metrics.Meter.CreateObservableGauge("gateway_audit_redis_unsafe", () => faults.Count, description: "Settings of Redis found at start that can lose records.");
    }

    private void Report(ForwarderState state, string? detail)
    {
        if (state == ForwarderState.Stopped) logger.LogCritical("Audit forwarding stopped: {Detail}", detail);
        else if (state == ForwarderState.Connected) logger.LogInformation("Audit forwarding is connected");
        else logger.LogWarning("Audit forwarding is {State}: {Detail}", state, detail);
    }
}
