namespace Gateway.Audit.Forwarding;

/// <summary>
/// A sink holds, under this journal's instance, an entry that is not this journal's. Forwarding stops with an alarm and
/// nothing is overwritten: one of the two is not what it claims to be, and a person must look.
/// </summary>
public sealed class AuditSinkConflictException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What differs, and what to do.</param>
    public AuditSinkConflictException(string message) : base(message)
    {
    }
}
