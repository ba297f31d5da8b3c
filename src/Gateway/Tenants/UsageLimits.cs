namespace Gateway.Tenants;

/// <summary>What a tenant or a user may use; 0 means without limit.</summary>
/// <param name="Concurrency">Exchanges at a time.</param>
/// <param name="RequestsPerMinute">Requests begun within a minute.</param>
/// <param name="TokensPerMinute">Tokens, in and out, within a minute.</param>
/// <param name="TokensPerDay">Tokens, in and out, within a day (UTC).</param>
internal sealed record UsageLimits(int Concurrency, int RequestsPerMinute, long TokensPerMinute, long TokensPerDay)
{
    public static UsageLimits None { get; } = new(0, 0, 0, 0);

    public bool IsNone => this == None;
}
