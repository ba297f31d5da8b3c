namespace Gateway.Cases;

/// <summary>A complaint about an exchange, as its events tell.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind"><c>complaint</c>, or <c>appeal</c> against what was decided on one or done to a user.</param>
/// <param name="Exchange">The exchange it is about.</param>
/// <param name="Category"><c>refused</c>, <c>harmful</c>, <c>personal-data</c>, <c>label</c>, <c>sanction</c> or <c>other</c>.</param>
/// <param name="Filed">When it was filed.</param>
/// <param name="Due">When it is to be decided.</param>
internal sealed record Complaint(string Id, string Kind, string Exchange, string Category, DateTimeOffset Filed, DateTimeOffset Due)
{
    public const string FiledState = "filed";
    public const string TakenState = "taken";
    public const string UpheldState = "upheld";
    public const string RejectedState = "rejected";
    public const string WithdrawnState = "withdrawn";

    public static readonly string[] Categories = ["refused", "harmful", "personal-data", "label", "sanction", "other"];

    /// <summary>Where it stands.</summary>
    public string State { get; init; } = FiledState;

    /// <summary>When it came there.</summary>
    public DateTimeOffset Since { get; init; } = Filed;

    /// <summary>The outcome in the handler's words.</summary>
    public string? Outcome { get; init; }

    /// <summary>Who has it.</summary>
    public string? Handler { get; init; }

    /// <summary>The complaint that an appeal is against.</summary>
    public string? Against { get; init; }

    /// <summary>Pseudonym of the person whose exchange it is, or of the month.</summary>
    public string? Subject { get; init; }

    public string? Tenant { get; init; }

    /// <summary>What was written, encrypted under the person's key, base64.</summary>
    public string? Text { get; init; }

    /// <summary>SHA-256 of the word that lets its author look at it, hex.</summary>
    public string? Token { get; init; }

    /// <summary>Upholding it lifts the measure against its author: every appeal, and complaints about a sanction.</summary>
    public bool IsAboutMeasure => Kind == "appeal" || Category == "sanction";

    public bool IsOpen => State is FiledState or TakenState;

    public bool IsOverdue(DateTimeOffset now) => IsOpen && now > Due;
}
