namespace Gateway.Inspection.Lexicons;

/// <summary>Something wrong with a lexicon.</summary>
/// <param name="File">The file; the directory when the fault is not one file's.</param>
/// <param name="Line">The line, from 1; 0 when the fault is not one line's.</param>
/// <param name="Message">What is wrong and what to do about it.</param>
public sealed record LexiconFault(string File, int Line, string Message)
{
    /// <summary><c>file:line: message</c>, as editors and terminals link it.</summary>
    public override string ToString() => Line > 0 ? $"{File}:{Line}: {Message}" : $"{File}: {Message}";
}
