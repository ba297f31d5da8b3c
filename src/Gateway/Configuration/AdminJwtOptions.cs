namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Admin:Jwt</c>: tokens of an OIDC issuer that people may show on the admin listener instead of a key.</summary>
internal sealed class AdminJwtOptions
{
    /// <summary>The issuer, whose <c>/.well-known/openid-configuration</c> names its keys. Default none: no tokens.</summary>
    public string? Authority { get; set; }

    /// <summary>What tokens must be made for. Default <c>gateway-admin</c>: a token of a client opens nothing here.</summary>
    public string Audience { get; set; } = "gateway-admin";

    /// <summary>Claim that names the person in records and approvals. Default <c>sub</c>.</summary>
    public string NameClaim { get; set; } = "sub";

    /// <summary>Claim that holds the person's roles: a text with spaces between, or a list; dots lead into objects (<c>realm_access.roles</c>). Default <c>roles</c>.</summary>
    public string RoleClaim { get; set; } = "roles";

    /// <summary>Which role each value of that claim means, such as <c>gateway-operators</c> → <c>operator</c>. Default: the roles by their own names.</summary>
    public Dictionary<string, string> Roles { get; set; } = [];

    /// <summary>Fetch the issuer's keys over https only. Default true.</summary>
    public bool RequireHttps { get; set; } = true;

    /// <summary>Tokens count.</summary>
    public bool IsConfigured => Authority is { Length: > 0 };
}
