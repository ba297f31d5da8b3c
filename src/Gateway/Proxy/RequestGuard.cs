using System.Diagnostics;
using System.Text.Unicode;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;
using Gateway.Telemetry;
using Polly.CircuitBreaker;
using Polly.Timeout;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Proxy;

/// <summary>
/// The path of a request through its rooms, in order: front desk, route, open exchange, read, extract, inspect, decide,
/// enforce, forward, and, whatever happened, close. Rooms 10 and 11 are <see cref="ResponseGuard"/> and <see cref="StreamGuard"/>.
/// </summary>
internal sealed class RequestGuard(
    RequestDelegate next,
    EpochSource epochs,
    ProtocolRegistry protocols,
    GuardServices services,
    RequestAnswers answers,
    Drain drain,
    AuditTrail audit,
    Reception reception,
    Turnstile turnstile,
    TimeProvider clock)
{
    public const string PolicyMetadata = "Policy";

    /// <summary>Names the one protocol of a route; without it, any that claims the path.</summary>
    public const string ProtocolMetadata = "Protocol";

    private static readonly Operation Unclaimed = new("unknown", "");
    private static readonly Operation Unguarded = new("passthrough", "") { ExemptReason = "policy none" };

    public Task InvokeAsync(HttpContext context)
    {
        // 1. Front desk. Turned away here means: only counted, no exchange.
        if (drain.IsDraining || epochs.IsHeld)
        {
            services.Metrics.Rejected(drain.IsDraining ? "draining" : "unapproved");
            context.Response.Headers.Connection = "close";
            return RequestAnswers.WriteAsync(context, protocols.Default.Refuse(drain.IsDraining ? GatewayError.ShuttingDown : GatewayError.Unapproved));
        }

        if (!services.Metrics.TryEnter(services.Limits.Concurrency))
        {
            services.Metrics.Rejected("concurrency");
            context.Response.Headers.RetryAfter = "1";
            return RequestAnswers.WriteAsync(context, protocols.Default.Refuse(GatewayError.Overloaded));
        }

        return ServeAsync(context);
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var place = new Place(services.Metrics);

        // 2. Route, and 3. open the exchange: one policy epoch from here to the record.
        using var lease = epochs.Enter();
        var exchange = Open(context, lease.Epoch, out var isServed);
        context.Features.Set(exchange);
        context.Response.Headers["Gateway-Request-Id"] = exchange.Id;
        var mark = exchange.Mark();
        try
        {
            if (await reception.ReceiveAsync(context, exchange) is { } stranger)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                await answers.RefuseAsync(context, exchange, stranger);
                return;
            }

            if (!isServed)
            {
                await answers.RefuseAsync(context, exchange, AsksForTunnel(context.Request) ? GatewayError.WebSocket : GatewayError.NotFound);
                return;
            }

            // 4.–8. Read, extract, inspect, decide, enforce.
            if (!await AdmitAsync(context, exchange)) return;

            // 9. Forward; rooms 10 and 11 run inside.
            exchange.Spent(mark);
            exchange.ForwardedAt = exchange.Mark();
            await next(context);
            mark = exchange.Mark();
            await AfterwardsAsync(context, exchange);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            exchange.Outcome ??= AuditOutcomes.ClientGone;
        }
        catch (Exception fault)
        {
            // One of the three named places. Nothing was decided, so nothing passes.
            services.Report(fault, "request", exchange);
            exchange.Fault ??= fault.GetType().Name;
            if (!context.Response.HasStarted) await answers.RefuseAsync(context, exchange, GatewayError.Unjudgeable, AuditOutcomes.Failed);
            else context.Abort();
        }
        finally
        {
            // 12. Close.
            exchange.Spent(mark);
            await CloseAsync(context, exchange);
        }
    }

    private Exchange Open(HttpContext context, Epoch epoch, out bool isServed)
    {
        var route = context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>();
        var policyName = route?.Config.Metadata?.GetValueOrDefault(PolicyMetadata);
        var only = route?.Config.Metadata?.GetValueOrDefault(ProtocolMetadata) is { Length: > 0 } name ? protocols.Find(name) : null;
        var claim = route is null ? null : protocols.Claim(context.Request.Method, context.Request.Path.Value ?? "", only);
        var unguarded = string.Equals(policyName, EpochSource.NoPolicy, StringComparison.OrdinalIgnoreCase);
        isServed = unguarded || claim is not null;

        // A route's policy was checked when the route was loaded; where none applies the default one frames the refusal.
        if (policyName is null || !epoch.Policies.TryGetValue(policyName, out var policy)) policy = epoch.Policies[policyName = EpochSource.DefaultPolicy];
        var operation = unguarded ? Unguarded : claim?.Operation ?? Unclaimed;
        return new Exchange(clock, epoch, policy, claim?.Protocol ?? only ?? protocols.Default, operation)
        {
            Model = claim?.Model,
            RoutePolicy = policyName,
            Method = Cut(context.Request.Method, 16),
            Path = Cut(context.Request.Path.Value ?? "", 256),
        };
    }

    /// <summary>Rooms 4 to 8.</summary>
    /// <returns>False when the request was answered here.</returns>
    private async ValueTask<bool> AdmitAsync(HttpContext context, Exchange exchange)
    {
        var cancellation = context.RequestAborted;
        if (exchange.Operation != Unguarded)
        {
            if (AsksForTunnel(context.Request))
            {
                await answers.RefuseAsync(context, exchange, GatewayError.WebSocket);
                return false;
            }

            exchange.WithheldHeaders = await HeaderText.FindAsync(context.Request.Headers, TextSide.Prompt, exchange, exchange.Request, cancellation) ?? [];
        }

        if (exchange.Operation.ExemptReason is { } reason)
        {
            // Exempt by name: a body, which such an operation does not have, goes nowhere. Only a route without a policy
            // passes what it is given, unread.
            exchange.Request.AddUnjudged(new UnjudgedPart("exempt", null, reason, context.Request.ContentLength ?? 0));
            exchange.ForwardsUnread = exchange.Operation == Unguarded;

            // Where it asks goes on as well.
            if (exchange.Operation != Unguarded && await JudgeAddressAsync(context, exchange))
            {
                await answers.AnswerBlockedAsync(context, exchange);
                return false;
            }

            // Not judged, but a request all the same: limits and measures hold for it as far as its sender is known without a body.
            if (await turnstile.EnterAsync(context.Response, exchange) is { } stopped)
            {
                await answers.RefuseAsync(context, exchange, stopped);
                return false;
            }

            if (exchange.Caller is not null) Turnstile.Announce(context.Response, exchange);
            return await RecordOpenAsync(context, exchange);
        }

        if (exchange.Operation.Refusal is { } refusal)
        {
            await answers.RefuseAsync(context, exchange, refusal);
            return false;
        }

        // 4. Read.
        var takesBody = exchange.Operation.Request is not null;
        if (takesBody)
        {
            var (body, wasDecoded, error) = await BodyReader.ReadRequestAsync(context.Request, services.Limits, cancellation);
            if (error is not null)
            {
                await answers.RefuseAsync(context, exchange, error);
                return false;
            }

            exchange.Body = body;
            exchange.BodyWasDecoded = wasDecoded;
        }

        exchange.ReadAt = exchange.Mark();

        // 5. Extract.
        string? cared = null;
        await SocketThreads.LongWorkAsync(exchange.Body.Length);
        var scanned = services.RentScan();
        try
        {
            var body = exchange.Body;
            if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
            if (takesBody && Extract(context.Request, exchange.Operation, body.Span, scanned) is { } error)
            {
                await answers.RefuseAsync(context, exchange, error);
                return false;
            }

            AddressText.Add(context.Request, exchange.Operation, scanned);
            exchange.IsStream = exchange.Operation.Streams != StreamFormats.None && (scanned.IsStream ?? exchange.Operation.StreamsByDefault);
            exchange.Format = FormatOf(exchange, scanned);
            exchange.Model = scanned.CapturedString(FieldCapture.Model, body.Span) ?? exchange.Model;

            reception.Know(exchange, takesBody ? body.Span : default);

            if (await turnstile.EnterAsync(context.Response, exchange) is { } shut)
            {
                await answers.RefuseAsync(context, exchange, shut);
                return false;
            }

            // 6. Inspect, and 7. decide.
            await services.JudgeAsync(scanned, body, TextSide.Prompt, exchange, exchange.Request, cancellation);
            exchange.JudgedAt = exchange.Mark();
            if (exchange.Request.HidesNames) Withhold(exchange);
            if (exchange.Policy.Session is not null || exchange.Policy.Crisis is not null) cared = await services.Care.LookAsync(exchange, scanned, body);
            // Who is answered with help is not counted.
            if (cared is null && exchange.Caller is not null && await turnstile.JudgedAsync(context.Request, exchange, scanned, body) is { } rest)
            {
                exchange.ReplaceBody(rest);
                scanned.Reset();
                if (Extract(context.Request, exchange.Operation, rest, scanned) is { } unread)
                {
                    // What was left cannot be read again: it is not forwarded on the strength of a judgement of part of it.
                    await answers.RefuseAsync(context, exchange, unread);
                    return false;
                }

                AddressText.Add(context.Request, exchange.Operation, scanned);
                await services.JudgeAsync(scanned, exchange.Body, TextSide.Prompt, exchange, exchange.Request, cancellation);
            }
        }
        finally
        {
            services.ReturnScan(scanned);
        }

        if (exchange.Caller is not null) Turnstile.Announce(context.Response, exchange);
        // 8. Enforce. Care comes first: a person in distress is not refused, and who wants to leave is not kept.
        if (exchange.IsMinor && exchange.Policy is { Session.TakesMinors: false, Mode: EnforcementMode.Enforce })
        {
            await answers.RefuseAsync(context, exchange, GatewayError.NoMinors);
            return false;
        }

        if (cared is not null && exchange.Protocol.AnswerInstead(cared, exchange.Facts) is { } care)
        {
            exchange.Outcome = exchange.Request.Action == GuardAction.Block ? AuditOutcomes.Blocked : AuditOutcomes.Completed;
            await answers.SendAsync(context, exchange, care);
            return false;
        }

        if (exchange.Policy.Mode == EnforcementMode.Monitor) return await RecordOpenAsync(context, exchange);
        if (exchange.Request.Action != GuardAction.Block)
        {
            if (exchange.Policy.OnMedia == FaultAction.Allow || !exchange.Request.HoldsMedia) return await RecordOpenAsync(context, exchange);
            await answers.RefuseAsync(context, exchange, GatewayError.Media);
            return false;
        }

        if (exchange.Request.IsUnjudgeable) await answers.RefuseAsync(context, exchange, GatewayError.Unjudgeable, AuditOutcomes.Failed);
        else await answers.AnswerBlockedAsync(context, exchange);
        return false;
    }

    /// <summary>Judges path and query alone.</summary>
    /// <returns>True when the request may not go on.</returns>
    private async ValueTask<bool> JudgeAddressAsync(HttpContext context, Exchange exchange)
    {
        var scanned = services.RentScan();
        try
        {
            AddressText.Add(context.Request, exchange.Operation, scanned);
            await services.JudgeAsync(scanned, default, TextSide.Prompt, exchange, exchange.Request, context.RequestAborted);
        }
        finally
        {
            services.ReturnScan(scanned);
        }

        if (exchange.Request.HidesNames) Withhold(exchange);
        return exchange.Request.Action == GuardAction.Block && exchange.Policy.Mode == EnforcementMode.Enforce;
    }

    /// <summary>Neither the record nor an answer repeats what was found in a name or in the path.</summary>
    private static void Withhold(Exchange exchange) =>
        (exchange.Model, exchange.Path) = (null, exchange.Operation.Paths.FirstOrDefault(path => path.Contains('{', StringComparison.Ordinal)) ?? exchange.Path);

    private GatewayError? Extract(HttpRequest request, Operation operation, ReadOnlySpan<byte> body, ScannedJson scanned)
    {
        if (operation.TakesForms && FormScanner.Boundary(request.ContentType) is { } boundary) return FormScanner.Scan(body, boundary, operation.Request!, scanned);
        if (!Utf8.IsValid(body)) return GatewayError.BadRequest("invalid_utf8", "The body is not valid UTF-8.");
        JsonTextScanner.Scan(body, operation.Request!, services.Limits.JsonDepth, services.Limits.TextFields, scanned);
        return scanned.Fault == ScanFault.None ? null : ScanErrors.Of(scanned, services.Limits);
    }

    /// <summary>How the answer would be streamed: by events, unless only the other form is known or the query does not ask for them.</summary>
    private static StreamFormats FormatOf(Exchange exchange, ScannedJson scanned)
    {
        if (!exchange.IsStream) return StreamFormats.None;
        var formats = exchange.Operation.Streams;
        if (formats.HasFlag(StreamFormats.Array) && !scanned.IsEventStream) return StreamFormats.Array;
        return formats.HasFlag(StreamFormats.Events) ? StreamFormats.Events : StreamFormats.Lines;
    }

    /// <summary>Connections that the proxy would pass on as they are: nothing inside them would be judged.</summary>
    private static bool AsksForTunnel(HttpRequest request) => request.Method == HttpMethods.Connect || request.Headers.Upgrade.Any(static value =>
        value is not null && (value.Contains("websocket", StringComparison.OrdinalIgnoreCase) || value.Contains("spdy", StringComparison.OrdinalIgnoreCase)));

    private async ValueTask<bool> RecordOpenAsync(HttpContext context, Exchange exchange)
    {
        if (audit.Open(exchange, context.RequestAborted) || exchange.Policy.OnAuditFault == FaultAction.Allow) return true;
        await answers.RefuseAsync(context, exchange, GatewayError.Unrecorded, AuditOutcomes.Failed);
        return false;
    }

    /// <summary>What the proxy could not do, in the protocol's shape.</summary>
    private async Task AfterwardsAsync(HttpContext context, Exchange exchange)
    {
        var fault = context.GetForwarderErrorFeature();
        if (fault is null) return;
        if (context.RequestAborted.IsCancellationRequested || fault.Error is ForwarderError.ResponseBodyClient or ForwarderError.RequestBodyClient)
        {
            exchange.Outcome ??= AuditOutcomes.ClientGone;
            return;
        }

        exchange.Outcome ??= drain.Cut.IsCancellationRequested ? AuditOutcomes.Cut : AuditOutcomes.UpstreamError;
        if (context.Response.HasStarted)
        {
            exchange.Fault ??= fault.Error.ToString();
            return;
        }

        var error = drain.Cut.IsCancellationRequested ? GatewayError.ShuttingDown : fault.Exception switch
        {
            BrokenCircuitException => GatewayError.UpstreamUnavailable,
            TimeoutRejectedException => GatewayError.UpstreamTimeout,
            UnrecordedException => GatewayError.Unrecorded,
            _ when fault.Error == ForwarderError.NoAvailableDestinations => GatewayError.UpstreamUnavailable,
            _ when fault.Error == ForwarderError.RequestTimedOut => GatewayError.UpstreamTimeout,
            _ when fault.Error == ForwarderError.Request => GatewayError.UpstreamUnreachable,
            _ => GatewayError.UpstreamFailed,
        };
        services.Metrics.UpstreamError(error.Code);
        context.Response.Clear();
        context.Response.Headers["Gateway-Request-Id"] = exchange.Id;
        await answers.RefuseAsync(context, exchange, error, exchange.Outcome);
    }

    private async Task CloseAsync(HttpContext context, Exchange exchange)
    {
        turnstile.Leave(exchange);
        if (exchange.IsOnlyCounted) return;
        var gone = context.RequestAborted.IsCancellationRequested;
        if (exchange.IsClosed)
        {
            // Bytes handed to a connection that broke before they were written were not delivered.
            if (exchange.IsGuarded && gone && exchange.WrittenCharacters < exchange.ClosedCharacters)
            {
                await audit.DeliveredLessAsync(exchange, exchange.WrittenCharacters, AuditOutcomes.ClientGone);
            }
        }
        else
        {
            exchange.Stream?.Settle();
            if (gone || exchange.Outcome is not null) exchange.DeliveredCharacters = Math.Min(exchange.DeliveredCharacters, exchange.WrittenCharacters);
            exchange.Outcome ??= gone ? AuditOutcomes.ClientGone : AuditOutcomes.Completed;
            if (exchange.Status == 0) exchange.Status = context.Response.StatusCode;
            await audit.CloseAsync(exchange);
        }

        var action = Exchange.NameOf(exchange.EnforcedAction);
        services.Metrics.Exchange(exchange.Protocol.Name, action, exchange.Outcome ?? AuditOutcomes.Failed);
        services.Metrics.AddedLatency(exchange.AddedLatency, exchange.Stream is not null);
        if (Activity.Current is { IsAllDataRequested: true } activity)
        {
            activity.SetTag("gateway.request_id", exchange.Id);
            activity.SetTag("gateway.action", action);
            activity.SetTag("gateway.outcome", exchange.Outcome);
        }
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    /// <summary>The place that an exchange takes while it runs.</summary>
    private readonly struct Place(GatewayMetrics metrics) : IDisposable
    {
        public void Dispose() => metrics.Leave();
    }
}
