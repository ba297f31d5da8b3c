namespace Gateway.Sanctions;

/// <summary>A prompt of a user that was blocked for something new, as the ledger counts it: once, under a name of its own.</summary>
/// <param name="TenantKey">The tenant, by keyed hash.</param>
/// <param name="UserKey">The user, by keyed hash.</param>
/// <param name="Id">The exchange's id: however often the turn is brought to Redis, it counts once.</param>
/// <param name="Retry">What the client named the request, by keyed hash; <see langword="null"/> where it did not. Requests of one name count once.</param>
/// <param name="Digests">The blocked messages, by keyed hash.</param>
/// <param name="At">When it was blocked.</param>
internal sealed record BlockedTurn(string TenantKey, string UserKey, string Id, string? Retry, IReadOnlyList<string> Digests, long At)
{
    /// <summary>The tenant's name.</summary>
    public string? Tenant { get; init; }

    /// <summary>The user's pseudonym in this node's records; <see langword="null"/> where there is none.</summary>
    public string? Subject { get; init; }
}
