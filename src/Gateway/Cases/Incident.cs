namespace Gateway.Cases;

/// <summary>An incident, as its events tell.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">What happened, in a line.</param>
/// <param name="Severity"><c>general</c>, <c>major</c>, <c>serious</c> or <c>extreme</c>.</param>
/// <param name="Found">When it was found.</param>
/// <param name="ReportDue">When the first report is due.</param>
/// <param name="ClosingDue">When the closing summary is due.</param>
internal sealed record Incident(string Id, string Title, string Severity, DateTimeOffset Found, DateTimeOffset ReportDue, DateTimeOffset ClosingDue)
{
    public static readonly string[] Severities = ["general", "major", "serious", "extreme"];

    public DateTimeOffset? Reported { get; init; }

    public DateTimeOffset? Closed { get; init; }

    public string? Summary { get; init; }

    /// <summary>What is overdue: <c>report</c>, <c>closing</c>, or nothing.</summary>
    public string? Overdue(DateTimeOffset now) => Closed is not null ? null : Reported is null && now > ReportDue ? "report" : now > ClosingDue ? "closing" : null;
}
