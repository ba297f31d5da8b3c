namespace Gateway.Audit.Seals;

/// <summary>Something that was to be read is not what it should be. The message says what, where and the remedy.</summary>
public sealed class AuditFormatException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong.</param>
    public AuditFormatException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">The cause.</param>
    public AuditFormatException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
