using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Configuration;
using Gateway.Proxy;
using Gateway.Telemetry;
using Polly;
using Polly.Retry;

namespace Gateway.Care;

/// <summary>
/// Tells the address that a policy names of a crisis, once for each such turn: who, when and under which id, not what was said. The person's
/// answer never waits for it. Whether it arrived is an event in the chain.
/// </summary>
internal sealed class CrisisWebhook : BackgroundService
{
    private const int MostWaiting = 1000;

    private readonly Channel<Notification> _waiting = Channel.CreateBounded<Notification>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ResiliencePipeline<bool> _attempts;
    private readonly JournalHost _host;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger<CrisisWebhook> _logger;
    private int _failed;

    public CrisisWebhook(GatewayOptions options, JournalHost host, GatewayMetrics metrics, TimeProvider clock, ILogger<CrisisWebhook> logger)
    {
        (_host, _metrics, _logger) = (host, metrics, logger);
        var builder = new ResiliencePipelineBuilder<bool> { TimeProvider = clock };
        if (options.Crisis.Attempts > 1)
        {
            builder.AddRetry(new RetryStrategyOptions<bool>
            {
                MaxRetryAttempts = options.Crisis.Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(options.Crisis.DelayMilliseconds),
                ShouldHandle = static attempt => new ValueTask<bool>(attempt.Outcome.Exception is not null || !attempt.Outcome.Result),
            });
        }

        _attempts = builder.AddTimeout(TimeSpan.FromSeconds(options.Crisis.TimeoutSeconds)).Build();
        metrics.Meter.CreateObservableGauge("gateway_crisis_unnotified", () => Volatile.Read(ref _failed), description: "Crises that nobody could be told of since the start.");
    }

    /// <summary>Has an address told.</summary>
    public void Tell(string address, Exchange exchange)
    {
        var notification = new Notification(address, exchange.Id, exchange.StartedAt, exchange.Tenant, exchange.EndUser, exchange.Policy.Name);
        if (_waiting.Writer.TryWrite(notification)) return;
        Interlocked.Increment(ref _failed);
        _logger.LogError("The crisis of exchange {ExchangeId} could not be passed on: {Count} notifications wait already", exchange.Id, MostWaiting);
    }

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var notification in _waiting.Reader.ReadAllAsync(stoppingToken)) await DeliverAsync(notification, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to end. After a start that failed nobody waits for this task, and what it threw would be said after the message of the start.
        }
    }

    private async Task DeliverAsync(Notification notification, CancellationToken cancellationToken)
    {
        var attempts = 0;
        bool arrived;
        try
        {
            arrived = await _attempts.ExecuteAsync(
                async token =>
                {
                    attempts++;
                    using var content = new ByteArrayContent(Body(notification));
                    content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                    using var response = await _client.PostAsync(notification.Address, content, token);
                    return response.IsSuccessStatusCode;
                },
                cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _logger.LogError("The crisis of exchange {ExchangeId} could not be passed on: {Fault}", notification.Exchange, fault.GetType().Name);
            arrived = false;
        }

        if (!arrived) Interlocked.Increment(ref _failed);
        var facts = new Dictionary<string, string> { ["outcome"] = arrived ? "delivered" : "failed", ["attempts"] = attempts.ToString(CultureInfo.InvariantCulture) };
        try
        {
            await _host.Journal.AppendAsync(RecordPlaces.Event(AuditEvents.CrisisNotified, "gateway", null, exchange: notification.Exchange, facts: facts), CancellationToken.None);
            _metrics.AuditEntry(AuditKinds.Event);
        }
        catch (Exception fault) when (fault is Gateway.Audit.Journal.AuditJournalException)
        {
            _logger.LogError("What became of the crisis of exchange {ExchangeId} could not be recorded: {Fault}", notification.Exchange, fault.Message);
        }
    }

    private static byte[] Body(Notification notification)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("event", "crisis");
            json.WriteString("request_id", notification.Exchange);
            json.WriteString("time", notification.Time);
            json.WriteString("tenant", notification.Tenant);
            json.WriteString("user", notification.User);
            json.WriteString("policy", notification.Policy);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private sealed record Notification(string Address, string Exchange, DateTimeOffset Time, string? Tenant, string? User, string Policy);
}
