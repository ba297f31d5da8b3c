using Gateway.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tenants;

/// <summary>
/// Reads tokens of the configured issuer: signed with one of its published keys, asymmetric, not expired, made for this gateway. Keys are fetched once and again
/// when an unknown one is seen.
/// </summary>
internal sealed class TokenReader : IDisposable
{
    // Never a symmetric one: a published key must not serve as a secret.
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private readonly JwtOptions _options;
    private readonly string? _userClaim;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly HttpClient? _client;
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _issuer;

    public TokenReader(GatewayOptions options)
    {
        (_options, _userClaim) = (options.Jwt, options.EndUser.Claim);
        if (!options.Jwt.IsConfigured) return;
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(5) };
        _issuer = new ConfigurationManager<OpenIdConnectConfiguration>(
            options.Jwt.Authority!.TrimEnd('/') + "/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(_client) { RequireHttps = options.Jwt.RequireHttps });
    }

    /// <summary>Whether something a client shows can be a token at all.</summary>
    public bool MayRead(string presented) => _issuer is not null && presented.Count('.') == 2 && _handler.CanReadToken(presented);

    /// <summary>Whose token it is.</summary>
    /// <returns><see langword="null"/> where it is not valid.</returns>
    /// <exception cref="InvalidOperationException">The issuer's keys cannot be fetched.</exception>
    public async ValueTask<(string? Tenant, string? User)?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        var issuer = await _issuer!.GetConfigurationAsync(cancellationToken);
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudience = _options.Audience,
            IssuerSigningKeys = issuer.SigningKeys,
            ValidAlgorithms = Algorithms,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = TimeSpan.FromMinutes(1),
        });
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException) _issuer.RequestRefresh();
        if (!result.IsValid) return null;
        return (Text(result, _options.TenantClaim), _userClaim is null ? null : Text(result, _userClaim));
    }

    public void Dispose() => _client?.Dispose();

    private static string? Text(TokenValidationResult result, string claim) => result.Claims.TryGetValue(claim, out var value) && value is string { Length: > 0 and <= 256 } text ? text : null;
}
