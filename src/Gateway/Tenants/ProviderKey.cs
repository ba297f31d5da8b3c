namespace Gateway.Tenants;

/// <summary>The key that model servers are given in place of the client's.</summary>
/// <param name="Secret">The key.</param>
/// <param name="Header">The header it goes into; <see langword="null"/> for the protocol's own.</param>
internal sealed record ProviderKey(SecretSource Secret, string? Header);
