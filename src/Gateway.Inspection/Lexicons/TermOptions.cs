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

    /// <summary><c>leet</c>: digits and signs count as the letters they stand for (h3r0in), numbers in any writing alike (9⓿二肆).</summary>
    Leet = 2,

    /// <summary><c>pinyin</c>: also spelt in pinyin, as a whole word. Such hits label.</summary>
    Pinyin = 4,

    /// <summary><c>initials</c>: also as the initials of its pinyin, as a whole word. Such hits label.</summary>
    Initials = 8,

    /// <summary><c>homophone</c>: also in other characters that sound alike. Such hits label.</summary>
    Homophone = 16,

    /// <summary><c>split</c>: also with characters typed in parts (氵去 for 法). Such hits label.</summary>
    Split = 32,
}
