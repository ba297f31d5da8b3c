namespace Gateway.Inspection.Policies;

/// <summary>Where a policy was named, from the general to the particular: what is named later has the last word.</summary>
public enum PolicyLevel
{
    /// <summary>The mandatory base: what nobody says otherwise, and what nobody can weaken.</summary>
    Base,

    /// <summary>The policy of everything that names none.</summary>
    Default,

    /// <summary>The tenant's.</summary>
    Tenant,

    /// <summary>The route's.</summary>
    Route,

    /// <summary>The model's.</summary>
    Model,

    /// <summary>The client key's.</summary>
    Key,
}
