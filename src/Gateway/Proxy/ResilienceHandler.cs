using System.Collections.Concurrent;
using System.Net;
using Gateway.Configuration;
using Gateway.Telemetry;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using Yarp.ReverseProxy.Model;

namespace Gateway.Proxy;

/// <summary>
/// Calls model servers with care. Another destination is tried only after a connect failure, an open circuit, or a 502 or
/// 503 before any of the answer was used; a time-out is never tried again, because a generation is paid for twice then.
/// </summary>
internal sealed class ResilienceHandler : DelegatingHandler
{
    /// <summary>Where the request's exchange and destinations are found.</summary>
    public static readonly HttpRequestOptionsKey<HttpContext> ContextKey = new("Gateway.Context");

    private readonly ConcurrentDictionary<string, ResiliencePipeline<HttpResponseMessage>> _destinations = new(StringComparer.Ordinal);
    private readonly Func<string, ResiliencePipeline<HttpResponseMessage>> _build;
    private readonly ResilienceOptions _options;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _cut;

    /// <summary>Makes a handler.</summary>
    /// <param name="inner">The handler that sends.</param>
    /// <param name="options">Limits.</param>
    /// <param name="metrics">Counts retries.</param>
    /// <param name="clock">Clock of time-outs and circuits.</param>
    /// <param name="cut">Fires when a shutdown has waited long enough for answers to begin.</param>
    public ResilienceHandler(
        HttpMessageHandler inner, ResilienceOptions options, GatewayMetrics metrics, TimeProvider clock, CancellationToken cut)
        : base(inner)
    {
        (_options, _metrics, _clock, _cut) = (options, metrics, clock, cut);
        _build = Build;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(ContextKey, out var context) || context.Features.Get<Exchange>() is not { } exchange)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        SetBody(request, exchange);
        var proxied = context.GetReverseProxyFeature();
        // The balancer has narrowed the feature's own list to its choice; the cluster still knows the others.
        var available = proxied.Route.Cluster?.DestinationsState.AvailableDestinations ?? proxied.AvailableDestinations;
        var candidates = new Candidates(proxied.ProxiedDestination!, available) { CanSendAgain = !exchange.ForwardsUnread };
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut);
        var resilience = ResilienceContextPool.Shared.Get(sending.Token);
        try
        {
            // Each destination has its own circuit and time-out; going on to the next one is a loop, so that an exchange
            // which needs no second destination pays for none.
            for (var retries = 0; ; retries++)
            {
                candidates.Address(request);
                var pipeline = _destinations.GetOrAdd(candidates.Current.Model.Config.Address, _build);
                var outcome = await pipeline.ExecuteOutcomeAsync(SendPlainAsync, resilience, (Handler: this, Request: request));
                if (retries >= _options.Retries || !MayTryElsewhere(outcome, candidates))
                {
                    exchange.Destination = candidates.Current.DestinationId;
                    outcome.ThrowIfException();
                    return outcome.Result!;
                }

                candidates.MoveNext();
                outcome.Result?.Dispose();
                _metrics.UpstreamRetry();
            }
        }
        finally
        {
            ResilienceContextPool.Shared.Return(resilience);
        }
    }

    private static async ValueTask<Outcome<HttpResponseMessage>> SendPlainAsync(ResilienceContext context, (ResilienceHandler Handler, HttpRequestMessage Request) state)
    {
        try
        {
            return Outcome.FromResult(await state.Handler.SendInnerAsync(state.Request, context.CancellationToken));
        }
        catch (Exception fault)
        {
            return Outcome.FromException<HttpResponseMessage>(fault);
        }
    }

    private Task<HttpResponseMessage> SendInnerAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);

    /// <summary>What says that a destination is in trouble, for its circuit.</summary>
    private static bool IsTrouble(Outcome<HttpResponseMessage> outcome) => outcome.Exception is HttpRequestException or TimeoutRejectedException
        || outcome.Result?.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable;

    /// <summary>What says that nothing has been generated there.</summary>
    private static bool MayTryElsewhere(Outcome<HttpResponseMessage> outcome, Candidates candidates) => outcome.Exception switch
    {
        BrokenCircuitException => true,
        HttpRequestException fault => fault.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        null => candidates.CanSendAgain && outcome.Result!.StatusCode is (HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable),
        _ => false,
    } && candidates.HasNext;

    /// <summary>What stands between a request and one destination.</summary>
    private ResiliencePipeline<HttpResponseMessage> Build(string address)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { Name = address, TimeProvider = _clock };
        builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
        {
            FailureRatio = _options.BreakRatio,
            MinimumThroughput = _options.BreakCalls,
            SamplingDuration = TimeSpan.FromSeconds(_options.BreakSamplingSeconds),
            BreakDuration = TimeSpan.FromSeconds(_options.BreakSeconds),
            ShouldHandle = static arguments => ValueTask.FromResult(IsTrouble(arguments.Outcome)),
        });
        builder.AddTimeout(TimeSpan.FromSeconds(_options.HeaderTimeoutSeconds));
        return builder.Build();
    }

    /// <summary>What was judged is what is sent, as often as needed.</summary>
    private static void SetBody(HttpRequestMessage request, Exchange exchange)
    {
        if (request.Content is null || exchange.ForwardsUnread) return;
        if (exchange.Body.IsEmpty)
        {
            // Nobody has read a body here, so none is sent: exempt requests pass by name, not with luggage.
            request.Content = null;
            return;
        }

        var content = new ReadOnlyMemoryContent(exchange.Body);
        foreach (var header in request.Content.Headers.NonValidated)
        {
            if (header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) continue;
            if (exchange.BodyWasDecoded && header.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase)) continue;
            content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        request.Content = content;
        request.Headers.TransferEncodingChunked = null;
        request.Headers.ExpectContinue = null;
    }

    /// <summary>The destinations of one request: the balancer's choice first, then the others.</summary>
    private sealed class Candidates
    {
        private readonly DestinationState _chosen;
        private readonly IReadOnlyList<DestinationState> _available;
        private int _next;
        private Uri? _original;

        public Candidates(DestinationState chosen, IReadOnlyList<DestinationState> available)
        {
            _chosen = chosen;
            _available = available;
            Current = chosen;
        }

        public DestinationState Current { get; private set; }

        /// <summary>The body is kept; a body that streams through can be sent only once.</summary>
        public bool CanSendAgain { get; init; }

        /// <summary>There is a destination that was not asked yet.</summary>
        public bool HasNext => Following() < _available.Count;

        public void MoveNext()
        {
            _next = Following();
            Current = _available[_next++];
        }

        private int Following()
        {
            var next = _next;
            while (next < _available.Count && _available[next] == _chosen) next++;
            return next;
        }

        /// <summary>Points a request at the current destination, keeping path and query.</summary>
        public void Address(HttpRequestMessage request)
        {
            _original ??= request.RequestUri!;
            if (Current == _chosen) return;
            var from = new Uri(_chosen.Model.Config.Address).AbsolutePath.TrimEnd('/');
            var suffix = _original.PathAndQuery[from.Length..];
            request.RequestUri = new Uri(Current.Model.Config.Address.TrimEnd('/') + suffix);
        }
    }
}
