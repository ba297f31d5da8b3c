namespace Gateway.Audit.Journal;

/// <summary>The journal could not be opened, or an entry could not be made durable. The message says what to do.</summary>
public class AuditJournalException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    public AuditJournalException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public AuditJournalException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
