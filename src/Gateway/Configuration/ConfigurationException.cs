namespace Gateway.Configuration;

/// <summary>The gateway cannot start with what it was given. The message says what, where, and the remedy.</summary>
internal sealed class ConfigurationException : Exception
{
    public ConfigurationException(string message)
        : base(message)
    {
    }

    public ConfigurationException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
