namespace Gateway.Proxy;

/// <summary>
/// Ends the service without losing an exchange: readiness goes down and new requests are refused, running exchanges get
/// their time, what still runs then is cut in the protocol's own shape, and only after that the listeners close.
/// </summary>
internal sealed class Drain(
    Configuration.GatewayOptions options, Telemetry.GatewayMetrics metrics, TimeProvider clock, ILogger<Drain> logger)
    : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CutTime = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _cut = new();
    private volatile bool _isReady;
    private volatile bool _isDraining;

    /// <summary>Ready for traffic.</summary>
    public bool IsReady => _isReady && !_isDraining;

    /// <summary>Shutting down.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>Fires when running exchanges have to end.</summary>
    public CancellationToken Cut => _cut.Token;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _isReady = true;
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        var time = TimeSpan.FromSeconds(options.Limits.ShutdownSeconds);
        logger.LogInformation("Shutting down: {Running} exchanges running, given {Seconds} s", metrics.Running, options.Limits.ShutdownSeconds);
        if (await EmptyWithinAsync(time, cancellationToken)) return;
        logger.LogWarning("Cutting {Running} exchanges that still run", metrics.Running);
        await _cut.CancelAsync();
        await EmptyWithinAsync(CutTime, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _cut.Dispose();

    private async Task<bool> EmptyWithinAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        while (metrics.Running > 0)
        {
            if (clock.GetElapsedTime(start) >= time) return false;
            try
            {
                await Task.Delay(Step, clock, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return true;
    }
}
