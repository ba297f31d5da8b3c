using System.Collections.Frozen;

namespace Gateway.Inspection.Policies;

/// <summary>What a policy says of one direction, where it says more than <see cref="Policy.Thresholds"/>.</summary>
/// <param name="Thresholds">Thresholds by classifier label.</param>
/// <param name="Risks">Rules by label of a risk; what is not in it follows <see cref="RiskRule.Standard"/>.</param>
public sealed record DirectionRules(FrozenDictionary<string, Thresholds> Thresholds, FrozenDictionary<string, RiskRule> Risks);
