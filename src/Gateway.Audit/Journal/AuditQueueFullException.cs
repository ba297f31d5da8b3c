namespace Gateway.Audit.Journal;

/// <summary>The queue was full and the journal is set to <see cref="WhenFull.Reject"/>. The entry was not taken; the journal is sound.</summary>
public sealed class AuditQueueFullException : AuditJournalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="capacity">Entries the queue holds.</param>
    public AuditQueueFullException(int capacity)
        : base($"The audit journal's queue of {capacity} entries is full: the disk is slower than the traffic.")
    {
    }
}
