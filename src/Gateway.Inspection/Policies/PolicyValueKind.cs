namespace Gateway.Inspection.Policies;

/// <summary>How a value of a policy is written.</summary>
public enum PolicyValueKind
{
    /// <summary>One of a few words.</summary>
    Word,

    /// <summary>True or false.</summary>
    Switch,

    /// <summary>A number from 0 to 1.</summary>
    Probability,

    /// <summary>A whole number, 1 or more.</summary>
    Count,

    /// <summary>A text that is not empty.</summary>
    Sentence,
}
