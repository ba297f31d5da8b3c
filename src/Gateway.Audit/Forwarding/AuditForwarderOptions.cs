namespace Gateway.Audit.Forwarding;

/// <summary>How entries are forwarded.</summary>
public sealed class AuditForwarderOptions
{
    /// <summary>Most entries in one batch. Default 500, at least 1.</summary>
    public int BatchEntries { get; init; } = 500;

    /// <summary>Most bytes of JSON in one batch, unless one entry is longer. Default 1 MiB, at least 1.</summary>
    public int BatchBytes { get; init; } = 1024 * 1024;

    /// <summary>How often the sink's position is compared when nothing is to be written, so that a sink that lost its data is filled again. Default 5 s.</summary>
    public TimeSpan IdleCheck { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait after the first fault; doubled by each one that follows. Default 100 ms.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait after a fault. Default 5 s.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Told when the state changes, and at each fault, with a text for the log (never an entry's); must be quick and must
    /// not throw. Default none.
    /// </summary>
    public Action<ForwarderState, string?>? OnState { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchEntries, 1, nameof(BatchEntries));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytes, 1, nameof(BatchBytes));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IdleCheck, TimeSpan.Zero, nameof(IdleCheck));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstRetry, TimeSpan.Zero, nameof(FirstRetry));
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestRetry, FirstRetry, nameof(LongestRetry));
    }
}
