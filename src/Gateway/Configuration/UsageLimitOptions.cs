using Gateway.Tenants;

namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:UserLimits</c>: what each end user may use where no tenant says otherwise. 0, the default, means without limit.</summary>
internal sealed class UsageLimitOptions
{
    /// <summary>Exchanges at a time.</summary>
    public int Concurrency { get; set; }

    /// <summary>Requests begun within a minute.</summary>
    public int RequestsPerMinute { get; set; }

    /// <summary>Tokens, in and out, within a minute.</summary>
    public long TokensPerMinute { get; set; }

    /// <summary>Tokens, in and out, within a day (UTC).</summary>
    public long TokensPerDay { get; set; }

    public UsageLimits ToLimits() => new(Concurrency, RequestsPerMinute, TokensPerMinute, TokensPerDay);
}
