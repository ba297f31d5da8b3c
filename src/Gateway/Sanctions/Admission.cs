namespace Gateway.Sanctions;

/// <summary>What the ledger says to an exchange.</summary>
/// <param name="Standing">How the user stands: state, until, in a row.</param>
/// <param name="Limit">The limit that is reached, counted as in <see cref="LimitName"/>; 0 for none.</param>
/// <param name="IsShared">Redis counted; else this node alone.</param>
internal readonly record struct Admission(Standing Standing, int Limit, bool IsShared)
{
    private static readonly string[] Names =
    [
        "none", "tenant_concurrency", "tenant_requests", "tenant_tokens", "tenant_tokens_day", "user_concurrency", "user_requests", "user_tokens", "user_tokens_day", "user_limited",
    ];

    public string LimitName => Names[Limit];

    /// <summary>The limit is one of a day.</summary>
    public bool IsDaily => Limit is 4 or 8;

    /// <summary>The limit is one of exchanges at a time.</summary>
    public bool IsConcurrency => Limit is 1 or 5;
}
