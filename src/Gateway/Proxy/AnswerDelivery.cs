using Gateway.Audit.Records;
using Gateway.Inspection.Policies;
using Gateway.Labels;
using Gateway.Protocols;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Proxy;

/// <summary>The ways an answer that does not flow leaves: as a body behind its record, as it is, or as an error in its place.</summary>
internal sealed class AnswerDelivery(GuardServices services)
{
    public const string TooLarge = "larger than the limit";
    public const string BrokenCoding = "content coding";

    /// <summary>Nobody can read it: policy decides, but for what could not be read to its end.</summary>
    public async ValueTask UninspectableAsync(ResponseTransformContext context, Exchange exchange, string why, byte[]? body, Stream? unread = null)
    {
        exchange.Response.AddUnjudged(new UnjudgedPart("uninspectable", null, why, body?.Length ?? 0));
        var refuses = exchange.Policy.OnUninspectable == FaultAction.Block && exchange.Policy.Mode == EnforcementMode.Enforce;

        // What could not be read to its end cannot be passed on, whatever policy says.
        if (refuses || why is TooLarge or BrokenCoding)
        {
            exchange.Fault ??= "uninspectable";
            await ReplaceAsync(context, exchange, GatewayError.AnswerUnjudgeable, AuditOutcomes.Failed);
            return;
        }

        if (body is null)
        {
            await OpenedAsync(exchange, context.HttpContext.RequestAborted);
            Announce(context, exchange);
            PassThrough(context, exchange, context.ProxyResponse!, unread);
            return;
        }

        await SendAsync(context, exchange, body);
    }

    /// <summary>Sends an error in the place of the answer.</summary>
    public ValueTask ReplaceAsync(ResponseTransformContext context, Exchange exchange, GatewayError error, string outcome) =>
        SendAsync(context, exchange, Replace(context, exchange, error, outcome));

    /// <summary>Makes an error of the answer.</summary>
    /// <returns>The body that is sent.</returns>
    public static ReadOnlyMemory<byte> Replace(ResponseTransformContext context, Exchange exchange, GatewayError error, string outcome)
    {
        exchange.Outcome = outcome;
        exchange.DeliveredCharacters = 0;
        if (exchange.Response.Action < GuardAction.Block && outcome == AuditOutcomes.Failed) exchange.Response.Fail(FaultAction.Block, error.Code);
        var refusal = exchange.Protocol.Refuse(error);
        Restate(context, exchange, error.Status);
        context.HttpContext.Response.Headers.Remove("Content-Encoding");
        context.HttpContext.Response.ContentType = refusal.ContentType;
        return refusal.Body;
    }

    /// <summary>Another status, and JSON.</summary>
    public static void Restate(ResponseTransformContext context, Exchange exchange, int status)
    {
        exchange.Status = status;
        context.HttpContext.Response.StatusCode = status;
        context.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseFeature>()!.ReasonPhrase = null;
        context.HttpContext.Response.ContentType = "application/json";
    }

    /// <summary>The one way out for whole bodies: the record first, then the bytes.</summary>
    public async ValueTask SendAsync(ResponseTransformContext context, Exchange exchange, ReadOnlyMemory<byte> body)
    {
        exchange.Outcome ??= AuditOutcomes.Completed;
        if (!await services.Audit.CloseAsync(exchange) && exchange.Policy.OnAuditFault == FaultAction.Block) throw new UnrecordedException();
        var original = context.ProxyResponse!.Content;
        context.ProxyResponse.Content = new ReadOnlyMemoryContent(body);
        original?.Dispose();
        var response = context.HttpContext.Response;
        if (response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)) response.ContentLength = body.Length;
        Announce(context, exchange);
        Tell(context, exchange, isStream: false);
    }

    /// <summary>Lets the content go as it is; its record is closed when it has ended.</summary>
    public void PassThrough(ResponseTransformContext context, Exchange exchange, HttpResponseMessage response, Stream? stream = null)
    {
        response.Content = new RecordedContent(response.Content, stream, () => services.Audit.CloseAsync(exchange), exchange);
        context.HttpContext.Response.ContentLength = null;
    }

    /// <summary>The open entry is durable, or nothing leaves.</summary>
    public async ValueTask OpenedAsync(Exchange exchange, CancellationToken cancellation)
    {
        if (!await services.Audit.OpenedAsync(exchange, cancellation) && exchange.Policy.OnAuditFault == FaultAction.Block)
        {
            throw new UnrecordedException();
        }
    }

    /// <summary>Tells the action in a header.</summary>
    public static void Announce(ResponseTransformContext context, Exchange exchange) =>
        context.HttpContext.Response.Headers["Gateway-Action"] = Exchange.NameOf(exchange.EnforcedAction);

    /// <summary>The label in a header, too.</summary>
    public static void Tell(ResponseTransformContext context, Exchange exchange, bool isStream)
    {
        if (exchange.ContentLabel?.Header(isStream) is { } label) context.HttpContext.Response.Headers[AigcLabel.HeaderName] = label;
    }

    /// <summary>Headers of ours that the model server sent.</summary>
    public static void RemoveGatewayHeaders(IHeaderDictionary headers)
    {
        List<string>? forged = null;
        foreach (var header in headers)
        {
            if (header.Key.StartsWith("Gateway-", StringComparison.OrdinalIgnoreCase)) (forged ??= []).Add(header.Key);
        }

        if (forged is null) return;
        foreach (var name in forged) headers.Remove(name);
    }
}
