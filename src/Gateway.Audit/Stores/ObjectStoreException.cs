namespace Gateway.Audit.Stores;

/// <summary>A store could not be read or written. The message says what, where and the remedy.</summary>
public sealed class ObjectStoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    public ObjectStoreException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public ObjectStoreException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
