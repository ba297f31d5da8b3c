namespace Gateway.Admin;

/// <summary>Who may do what on the admin listener.</summary>
internal static class AdminRoles
{
    /// <summary>Reads records, policies, epochs, standings.</summary>
    public const string Viewer = "viewer";

    /// <summary>Runs the gateway: puts policies in place, approves changes, suspends and lifts.</summary>
    public const string Operator = "operator";

    /// <summary>Works through reviews, complaints and appeals.</summary>
    public const string Reviewer = "reviewer";

    /// <summary>Reads everything, evidence in the clear with a reason; changes nothing.</summary>
    public const string Auditor = "auditor";

    /// <summary>Everything.</summary>
    public const string Admin = "admin";

    public static readonly string[] All = [Viewer, Operator, Reviewer, Auditor, Admin];

    /// <summary>Who may most comes first.</summary>
    public static readonly string[] StrongestFirst = [Admin, Auditor, Reviewer, Operator, Viewer];

    /// <summary>Who runs the gateway.</summary>
    public static readonly string[] Running = [Operator, Admin];

    /// <summary>Who decides about users and what they say.</summary>
    public static readonly string[] Judging = [Operator, Reviewer, Admin];

    /// <summary>Who decides about appeals: not who suspends.</summary>
    public static readonly string[] Reviewing = [Reviewer, Admin];

    /// <summary>Who reads what users wrote, to decide or to look over decisions.</summary>
    public static readonly string[] Deciding = [Reviewer, Auditor, Admin];

    /// <summary>Who reads evidence.</summary>
    public static readonly string[] Reading = [Auditor, Admin];
}
