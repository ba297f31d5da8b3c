using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tenants;

/// <summary>
/// Checks tokens of one issuer: signed with one of its published keys, asymmetric, not expired, made for one audience. Keys are fetched once and again
/// when an unknown one is seen.
/// </summary>
internal sealed class IssuerTokens : IDisposable
{
    // Never a symmetric one: a published key must not serve as a secret.
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private readonly string _audience;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly ConfigurationManager<OpenIdConnectConfiguration> _issuer;

    public IssuerTokens(string authority, string audience, bool requireHttps)
    {
        _audience = audience;
        _issuer = new ConfigurationManager<OpenIdConnectConfiguration>(
            authority.TrimEnd('/') + "/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(), new HttpDocumentRetriever(_client) { RequireHttps = requireHttps });
    }

    /// <summary>Whether something that is shown can be a token at all.</summary>
    public bool MayRead(string presented) => presented.Count('.') == 2 && _handler.CanReadToken(presented);

    /// <summary>The claims of a token.</summary>
    /// <returns><see langword="null"/> where it is not valid.</returns>
    /// <exception cref="InvalidOperationException">The issuer's keys cannot be fetched.</exception>
    public async ValueTask<IDictionary<string, object>?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        var issuer = await _issuer.GetConfigurationAsync(cancellationToken);
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudience = _audience,
            IssuerSigningKeys = issuer.SigningKeys,
            ValidAlgorithms = Algorithms,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = TimeSpan.FromMinutes(1),
        });
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException) _issuer.RequestRefresh();
        return result.IsValid ? result.Claims : null;
    }

    /// <summary>A claim that is a text of reasonable length.</summary>
    public static string? Text(IDictionary<string, object> claims, string claim) => claims.TryGetValue(claim, out var value) && value is string { Length: > 0 and <= 256 } text ? text : null;

    public void Dispose() => _client.Dispose();
}
