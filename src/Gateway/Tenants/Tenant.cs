using System.IO.Enumeration;

namespace Gateway.Tenants;

/// <summary>A tenant: whose keys open the gateway, under which policies, within which limits.</summary>
internal sealed class Tenant
{
    public required string Name { get; init; }

    /// <summary>The policy it names.</summary>
    public string? Policy { get; init; }

    /// <summary>Policies of models for this tenant, by name or pattern, the nearer first.</summary>
    public (string Pattern, string Policy)[] Models { get; init; } = [];

    public UsageLimits Limits { get; init; } = UsageLimits.None;

    /// <summary>For each of its users.</summary>
    public UsageLimits UserLimits { get; init; } = UsageLimits.None;

    /// <summary><see langword="null"/>: nothing is sent in place of the client's key.</summary>
    public ProviderKey? Provider { get; init; }

    /// <summary>The policy of a model, where the tenant has one of its own.</summary>
    public string? ForModel(string? model)
    {
        if (model is null) return null;
        foreach (var (pattern, policy) in Models)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, model)) return policy;
        }

        return null;
    }
}
