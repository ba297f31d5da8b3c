namespace Gateway.Inspection.Lexicons;

/// <summary>A word list that cannot be read as what it is said to be. The message says where, and the remedy.</summary>
public sealed class ImportException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Where, what, and the remedy.</param>
    public ImportException(string message)
        : base(message)
    {
    }
}
