namespace Gateway.Protocols;

/// <summary>
/// An error that the gateway itself answers with. Messages are fixed sentences with at most a path, a limit or a
/// position in them: never text of the body, never why a verdict fell.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Machine-readable code.</param>
/// <param name="Message">What is wrong, and the remedy.</param>
/// <param name="Param">The field it is about, if any.</param>
internal sealed record GatewayError(int Status, string Code, string Message, string? Param = null)
{
    /// <summary>The one message for everything refused because of its content.</summary>
    public static GatewayError ContentFilter { get; } = new(
        400, "content_filter", "The request was refused by the content safety policy. Please change it and try again.");

    /// <summary>The same for an answer that has no shape of its own for it.</summary>
    public static GatewayError AnswerFilter { get; } = new(
        400, "content_filter", "The answer was withheld by the content safety policy. Please change the request and try again.");

    public static GatewayError NotFound { get; } = new(
        404, "unknown_path", "No protocol of this gateway serves this method and path. Requests are refused unless they can be inspected.");

    public static GatewayError NoKey { get; } = new(
        401, "missing_api_key", "Send a key of this gateway as Authorization: Bearer KEY, or in the header that your API uses for keys.");

    public static GatewayError UnknownKey { get; } = new(
        401, "invalid_api_key", "The key is not one of this gateway. Check it, or ask for a new one.");

    public static GatewayError ExpiredKey { get; } = new(
        401, "expired_api_key", "The key is not valid at this time. Ask for a new one.");

    public static GatewayError IdentityUnavailable { get; } = new(
        503, "identity_unavailable", "The token could not be checked, because its issuer does not answer. Please try again later.");

    public static GatewayError WebSocket { get; } = new(
        400, "websocket_unsupported", "WebSocket connections cannot be inspected and are refused. Use the HTTP endpoints of the same API.");

    public static GatewayError Files { get; } = new(
        400, "files_unsupported", "Files, batches and their results cannot be inspected and are refused. Send the requests one by one.");

    public static GatewayError NoMinors { get; } = new(
        403, "minor_not_allowed", "This service is not open to minors. A wrong age can be appealed against: POST /complaints with kind appeal.");

    public static GatewayError Media { get; } = new(
        400, "media_unsupported", "The request holds an image, sound or file, and policy refuses what it cannot judge. Send text only.");

    public static GatewayError Unapproved { get; } = new(
        503, "configuration_unapproved", "The gateway waits for its configuration to be approved. Please try again later.");

    public static GatewayError Unjudgeable { get; } = new(
        503, "inspection_unavailable", "The request could not be inspected and policy refuses what it cannot judge. Please try again later.");

    public static GatewayError AnswerUnjudgeable { get; } = new(
        502, "answer_uninspectable", "The model server's answer could not be inspected and policy refuses what it cannot judge.");

    public static GatewayError Unrecorded { get; } = new(
        503, "audit_unavailable", "The exchange could not be recorded and policy refuses what it cannot record. Please try again later.");

    public static GatewayError Overloaded { get; } = new(
        429, "too_many_requests", "The gateway is serving as many exchanges as it is configured for. Please try again later.");

    public static GatewayError ShuttingDown { get; } = new(
        503, "shutting_down", "The gateway is shutting down. Please try again.");

    public static GatewayError UserTerminated { get; } = new(
        403, "user_terminated", "This user is shut out because of repeated violations of the content safety policy. An appeal can be filed with the operator.");

    public static GatewayError UserSuspended(string until) => new(
        403, "user_suspended", $"This user is suspended until {until} because of repeated violations of the content safety policy. An appeal can be filed with the operator.");

    public static GatewayError LimitReached(string limit) => new(
        429, "rate_limit_exceeded", $"The limit {limit} is reached. Please try again later.");

    public static GatewayError UpstreamFailed { get; } = new(
        502, "upstream_error", "The model server broke off its answer.");

    public static GatewayError UpstreamRedirect { get; } = new(
        502, "upstream_redirect", "The model server pointed to another address, where nothing would be judged. Its address has to be corrected here.");

    public static GatewayError UpstreamUnreachable { get; } = new(
        502, "upstream_unreachable", "The model server could not be reached.");

    public static GatewayError UpstreamUnavailable { get; } = new(
        503, "upstream_unavailable", "No model server is available at present. Please try again later.");

    public static GatewayError UpstreamTimeout { get; } = new(
        504, "upstream_timeout", "The model server did not answer in time. The request was not sent again.");

    public static GatewayError BadRequest(string code, string message, string? param = null) => new(400, code, message, param);

    public static GatewayError TooLarge(string code, string message) => new(413, code, message);
}
