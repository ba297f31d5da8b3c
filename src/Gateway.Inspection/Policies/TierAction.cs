namespace Gateway.Inspection.Policies;

/// <summary>What a keyword hit does, from lenient to strict.</summary>
public enum TierAction
{
    /// <summary>It is recorded.</summary>
    Watch,

    /// <summary>It labels.</summary>
    Label,

    /// <summary>It labels, and blocks where the classifier or a second, different hit of its kind agrees.</summary>
    Confirm,

    /// <summary>It blocks.</summary>
    Block,
}
