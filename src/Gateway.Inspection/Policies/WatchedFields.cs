namespace Gateway.Inspection.Policies;

/// <summary>What findings in tool definitions, metadata and stop sequences do.</summary>
public enum WatchedFields
{
    /// <summary>They are recorded.</summary>
    Record,

    /// <summary>They decide like any other.</summary>
    Enforce,
}
