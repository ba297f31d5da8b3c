namespace Gateway.FunctionalTests.Support;

/// <summary>How exchanges end, as records spell it.</summary>
internal static class Outcomes
{
    public const string Completed = "completed";
    public const string Blocked = "blocked";
    public const string Refused = "refused";
    public const string UpstreamError = "upstream_error";
    public const string ClientGone = "client_gone";
    public const string Cut = "cut";
    public const string Failed = "failed";
    public const string Lost = "lost";
    public const string Open = "open";
}
