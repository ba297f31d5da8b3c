namespace Gateway.Sanctions;

/// <summary>What this node counted alone and Redis does not know yet: a blocked turn, or, without one, a clean one.</summary>
internal sealed record OwedStep(string TenantKey, string UserKey, BlockedTurn? Turn);
