using System.Diagnostics.Metrics;
using Gateway.Audit;
using Gateway.Care;
using Gateway.Configuration;
using Gateway.Labels;
using Gateway.Proxy;
using Gateway.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Proxy;

/// <summary>What guards need beside an exchange, with a journal of its own.</summary>
public sealed class GuardFixture : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-guards-").FullName;
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private GatewayMetrics _metrics = null!;
    private JournalHost _journal = null!;
    private Drain _drain = null!;

    public async Task InitializeAsync()
    {
        var options = new GatewayOptions { Audit = new AuditOptions { Directory = _directory } };
        _metrics = new GatewayMetrics(_meters.GetRequiredService<IMeterFactory>());
        _journal = new JournalHost(options, _metrics, TimeProvider.System, NullLogger<JournalHost>.Instance);
        await _journal.StartAsync(CancellationToken.None);
        _drain = new Drain(options, _metrics, TimeProvider.System, NullLogger<Drain>.Instance);
        var trail = new AuditTrail(_journal, options, _metrics, TimeProvider.System, NullLogger<AuditTrail>.Instance);
        Services = new GuardServices(options, trail, new ContentLabels(options), new CareDesk(new SessionBook(TimeProvider.System), new CrisisWebhook(options, _journal, _metrics, TimeProvider.System, NullLogger<CrisisWebhook>.Instance)), _metrics, _drain, TimeProvider.System, NullLogger<GuardServices>.Instance);
    }

    public async Task DisposeAsync()
    {
        await _journal.StopAsync(CancellationToken.None);
        await _journal.DisposeAsync();
        _drain.Dispose();
        await _meters.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        Directory.Delete(_directory + "-keys", recursive: true);
    }

    internal GuardServices Services { get; private set; } = null!;

    /// <summary>The same with another clock and other limits.</summary>
    internal GuardServices With(TimeProvider? clock = null, LimitsOptions? limits = null)
    {
        var options = new GatewayOptions { Limits = limits ?? new LimitsOptions() };
        return new GuardServices(options, Services.Audit, new ContentLabels(options), Services.Care, _metrics, _drain, clock ?? TimeProvider.System, NullLogger<GuardServices>.Instance);
    }
}
