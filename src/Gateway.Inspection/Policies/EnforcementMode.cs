namespace Gateway.Inspection.Policies;

/// <summary>Whether verdicts are carried out.</summary>
public enum EnforcementMode
{
    /// <summary>Verdicts are carried out.</summary>
    Enforce,

    /// <summary>Verdicts are recorded; every byte is forwarded as it came.</summary>
    Monitor,
}
