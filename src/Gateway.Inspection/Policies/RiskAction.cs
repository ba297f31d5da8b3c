namespace Gateway.Inspection.Policies;

/// <summary>The most that findings of a risk may do, from lenient to strict.</summary>
public enum RiskAction
{
    /// <summary>They are recorded.</summary>
    Watch,

    /// <summary>They label.</summary>
    Label,

    /// <summary>They block. The default.</summary>
    Block,
}
