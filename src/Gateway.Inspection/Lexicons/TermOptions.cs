namespace Gateway.Inspection.Lexicons;

/// <summary>Options of a lexicon term, column 4 of its line.</summary>
[Flags]
public enum TermOptions
{
    /// <summary>None: the term counts wherever it occurs.</summary>
    None = 0,

    /// <summary>
    /// <c>word</c>: counts only as a whole word, when no letter, digit or underscore stands right before or after it.
    /// Chinese, Japanese and Korean characters never join a word.
    /// </summary>
    Word = 1,
}
