using Gateway.Configuration;

namespace Gateway.Tenants;

/// <summary>Reads tokens that clients show on the data listener: whose they are, and for which user.</summary>
internal sealed class TokenReader(GatewayOptions options) : IDisposable
{
    private readonly IssuerTokens? _tokens = options.Jwt.IsConfigured ? new IssuerTokens(options.Jwt.Authority!, options.Jwt.Audience, options.Jwt.RequireHttps) : null;

    /// <summary>Whether something a client shows can be a token at all.</summary>
    public bool MayRead(string presented) => _tokens?.MayRead(presented) == true;

    /// <summary>Whose token it is.</summary>
    /// <returns><see langword="null"/> where it is not valid.</returns>
    /// <exception cref="InvalidOperationException">The issuer's keys cannot be fetched.</exception>
    public async ValueTask<(string? Tenant, string? User)?> ReadAsync(string token, CancellationToken cancellationToken) =>
        await _tokens!.ReadAsync(token, cancellationToken) is { } claims
            ? (IssuerTokens.Text(claims, options.Jwt.TenantClaim), options.EndUser.Claim is { } user ? IssuerTokens.Text(claims, user) : null)
            : null;

    public void Dispose() => _tokens?.Dispose();
}
