namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Jwt</c>: tokens that clients may show instead of a key, where there are tenants.</summary>
internal sealed class JwtOptions
{
    /// <summary>The issuer, whose <c>/.well-known/openid-configuration</c> names its keys. Default none: no tokens.</summary>
    public string? Authority { get; set; }

    /// <summary>What tokens must be made for. Default <c>gateway</c>.</summary>
    public string Audience { get; set; } = "gateway";

    /// <summary>Claim that names the tenant. Default <c>tenant</c>.</summary>
    public string TenantClaim { get; set; } = "tenant";

    /// <summary>Fetch the issuer's keys over https only. Default true.</summary>
    public bool RequireHttps { get; set; } = true;

    /// <summary>Tokens count.</summary>
    public bool IsConfigured => Authority is { Length: > 0 };
}
