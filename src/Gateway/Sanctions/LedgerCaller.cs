using Gateway.Tenants;

namespace Gateway.Sanctions;

/// <summary>Whose exchange it is, as the ledger knows them: by keyed hashes.</summary>
/// <param name="TenantKey">The tenant.</param>
/// <param name="UserKey">The user within the tenant; <see langword="null"/> where there is none.</param>
/// <param name="TenantLimits">What the tenant may use.</param>
/// <param name="UserLimits">What the user may use.</param>
internal sealed record LedgerCaller(string TenantKey, string? UserKey, UsageLimits TenantLimits, UsageLimits UserLimits)
{
    /// <summary>Exchanges at a time are counted: one that runs holds a place.</summary>
    public bool HasPlace => TenantLimits.Concurrency > 0 || (UserKey is not null && UserLimits.Concurrency > 0);

    /// <summary>There is something to count.</summary>
    public bool HasLimits => !TenantLimits.IsNone || (UserKey is not null && !UserLimits.IsNone);
}
