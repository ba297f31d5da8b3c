namespace Gateway.Inspection.Policies;

/// <summary>What happens to an exchange that could not be judged or recorded.</summary>
public enum FaultAction
{
    /// <summary>Fail closed: refused.</summary>
    Block,

    /// <summary>Fail open: forwarded, and recorded as unjudged. Somebody has to write this down in a policy.</summary>
    Allow,
}
