namespace Gateway.Inspection.Policies;

/// <summary>A policy that takes part in a resolution.</summary>
/// <param name="Level">Where it was named.</param>
/// <param name="Name">Its name.</param>
public readonly record struct PolicyLayer(PolicyLevel Level, string Name);
