namespace Gateway.Audit.Journal;

/// <summary>What an append does when the journal's queue is full. Entries are never dropped.</summary>
public enum WhenFull
{
    /// <summary>Waits for room.</summary>
    Wait,

    /// <summary>Fails with <see cref="AuditQueueFullException"/>, so that the caller can refuse the exchange.</summary>
    Reject,
}
