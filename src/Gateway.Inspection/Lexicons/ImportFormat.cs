namespace Gateway.Inspection.Lexicons;

/// <summary>How a word list is written.</summary>
public enum ImportFormat
{
    /// <summary>One word a line; blank lines and lines that begin with <c>#</c> are skipped.</summary>
    Lines,

    /// <summary>Columns separated by a comma or another character, quoted where needed (RFC 4180).</summary>
    Csv,

    /// <summary>An array of strings, or of objects.</summary>
    Json,
}
