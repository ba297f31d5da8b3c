namespace Gateway.Audit.Seals;

/// <summary>How often the chain is sealed.</summary>
public sealed class SealOptions
{
    /// <summary>Entries after which a seal is made. Default 50,000, at least 1.</summary>
    public int Entries { get; init; } = 50_000;

    /// <summary>Longest time an entry stays without a seal. Default 60 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Age at which the sealing key is replaced. Default 365 days; zero never.</summary>
    public TimeSpan KeyAge { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Told after each seal with the seal and its key's replacement, if there was one. Must be quick and must not throw. Default none.</summary>
    public Action<Records.SealEntry>? OnSeal { get; init; }

    /// <summary>Told when sealing failed; it is tried again after the interval. Default none.</summary>
    public Action<Exception>? OnFault { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Entries, 1, nameof(Entries));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Interval, TimeSpan.Zero, nameof(Interval));
        ArgumentOutOfRangeException.ThrowIfLessThan(KeyAge, TimeSpan.Zero, nameof(KeyAge));
    }
}
