namespace Gateway.Audit.Keys;

/// <summary>The key store or its master key cannot be used. The message says what, where and the remedy, and never a key.</summary>
public sealed class KeyStoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    public KeyStoreException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public KeyStoreException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
