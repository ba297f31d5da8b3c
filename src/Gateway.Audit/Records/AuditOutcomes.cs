namespace Gateway.Audit.Records;

/// <summary>How an exchange ended, seen from the client.</summary>
public static class AuditOutcomes
{
    /// <summary>The whole answer went to the client, untouched, labelled or masked.</summary>
    public const string Completed = "completed";

    /// <summary>Policy blocked the prompt or the answer; the client received a refusal or a cut stream in its protocol's shape.</summary>
    public const string Blocked = "blocked";

    /// <summary>Not an exchange the gateway takes: bad request, unknown path, too large, not allowed (400, 401, 403, 404, 413, 415).</summary>
    public const string Refused = "refused";

    /// <summary>The client left before the end; <c>deliveredChars</c> says how far it came.</summary>
    public const string ClientGone = "client_gone";

    /// <summary>The model server could not be reached, answered with an error, or died in mid-answer.</summary>
    public const string UpstreamError = "upstream_error";

    /// <summary>The gateway ended the answer early for a reason other than its content: shutting down, a limit, a time-out.</summary>
    public const string Cut = "cut";

    /// <summary>The gateway could not judge or serve (a detector, the journal, a bug), and policy closed the exchange.</summary>
    public const string Failed = "failed";

    /// <summary>The gateway's process ended before it could close the exchange; written when the journal is next opened. What was delivered is not known.</summary>
    public const string Lost = "lost";

    /// <summary>Not written to the journal: the outcome an <see cref="ExchangeRecord"/> shows while the exchange has no close.</summary>
    public const string Open = "open";
}
