namespace Gateway.Tenants;

/// <summary>A key of a client, known by its hash.</summary>
/// <param name="Id">Its name in records and messages.</param>
/// <param name="NotBefore">When it begins to count; <see langword="null"/> for always.</param>
/// <param name="Expires">When it ends; <see langword="null"/> for never.</param>
/// <param name="Policy">The policy it names, the last word in a resolution.</param>
internal sealed record ClientKey(string Id, DateTimeOffset? NotBefore, DateTimeOffset? Expires, string? Policy)
{
    /// <summary>Whether it counts now.</summary>
    public bool IsValid(DateTimeOffset now) => (NotBefore is not { } from || now >= from) && (Expires is not { } until || now < until);
}
