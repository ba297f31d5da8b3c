using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Inspection.Policies;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Requests that the gateway answers itself: refused, blocked, answered with help. The record comes first, then the bytes.</summary>
internal sealed class RequestAnswers(GuardServices services, AuditTrail audit)
{
    /// <summary>Refuses with an error in the protocol's shape.</summary>
    public Task RefuseAsync(HttpContext context, Exchange exchange, GatewayError error, string outcome = AuditOutcomes.Refused)
    {
        exchange.Outcome = outcome;
        exchange.Fault ??= outcome is AuditOutcomes.Refused or AuditOutcomes.Failed or AuditOutcomes.UpstreamError ? error.Code : null;
        return SendAsync(context, exchange, exchange.Protocol.Refuse(error));
    }

    /// <summary>What policy says to a prompt that is blocked: a refusal, or a canned answer.</summary>
    public Task AnswerBlockedAsync(HttpContext context, Exchange exchange)
    {
        exchange.Outcome = AuditOutcomes.Blocked;
        var facts = exchange.Facts;
        var canned = exchange.Policy.OnBlock == BlockAnswer.Answer ? exchange.Protocol.AnswerInstead(exchange.Policy.Answer, facts) : null;
        return SendAsync(context, exchange, canned ?? exchange.Protocol.RefusePrompt(facts));
    }

    /// <summary>Records an exchange that ends here, then answers: nobody hears of an end that the journal does not know.</summary>
    public async Task SendAsync(HttpContext context, Exchange exchange, Refusal refusal)
    {
        exchange.Status = refusal.Status;
        if (exchange.IsOnlyCounted) services.Metrics.Rejected("limit");
        else if (!await audit.CloseAsync(exchange) && exchange.Policy.OnAuditFault == FaultAction.Block)
        {
            refusal = exchange.Protocol.Refuse(GatewayError.Unrecorded);
            exchange.Status = refusal.Status;
        }

        context.Response.Headers["Gateway-Action"] = Exchange.NameOf(exchange.EnforcedAction);
        await WriteAsync(context, refusal);
    }

    /// <summary>Writes an answer, recorded or only counted.</summary>
    public static async Task WriteAsync(HttpContext context, Refusal refusal)
    {
        context.Response.StatusCode = refusal.Status;
        context.Response.ContentType = refusal.ContentType;
        context.Response.ContentLength = refusal.Body.Length;
        try
        {
            await context.Response.Body.WriteAsync(refusal.Body, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left; the record is written.
        }
    }
}
