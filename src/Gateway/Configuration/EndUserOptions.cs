namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:EndUser</c>: where the end user's and the tenant's name come from. Nothing is believed that is not named here.</summary>
internal sealed class EndUserOptions
{
    /// <summary>Request header that a trusted front end sets to the end user's id. Default none.</summary>
    public string? Header { get; set; }

    /// <summary>Member of the request body: <c>user</c>, <c>safety_identifier</c> or <c>metadata.user_id</c>. Default none. The header wins.</summary>
    public string? Body { get; set; }

    /// <summary>Claim of the client's token (<see cref="JwtOptions"/>): <c>sub</c>. Default none. It wins over header and body.</summary>
    public string? Claim { get; set; }

    /// <summary>A source is named: without one there are no users, and no measures against them.</summary>
    public bool IsConfigured => Header is { Length: > 0 } || Body is { Length: > 0 } || Claim is { Length: > 0 };

    /// <summary>Request header that a trusted front end sets to <c>true</c> or <c>1</c> for a minor; policy <c>minor</c> then comes on top. Default none.</summary>
    public string? MinorHeader { get; set; }

    /// <summary>Request header that a trusted front end sets to the tenant's name. Default none.</summary>
    public string? TenantHeader { get; set; }
}
