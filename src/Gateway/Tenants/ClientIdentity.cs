namespace Gateway.Tenants;

/// <summary>Who came in: a tenant, by a key or by a token.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Key">The key; <see langword="null"/> for a token.</param>
/// <param name="Presented">What the client showed, so that it can be kept from going on.</param>
/// <param name="User">The end user that a token's claim names, where one is configured.</param>
internal sealed record ClientIdentity(Tenant Tenant, ClientKey? Key, string Presented, string? User = null);
