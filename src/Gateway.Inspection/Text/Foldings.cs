namespace Gateway.Inspection.Text;

/// <summary>
/// The foldings a hit needed, so that a reviewer sees at one glance why it fired. <see cref="None"/> means the text
/// held the term letter for letter. Policies switch foldings off by these names.
/// </summary>
[Flags]
public enum Foldings
{
    /// <summary>The text held the term as written in the lexicon.</summary>
    None = 0,

    /// <summary>Letter case (Unicode case folding).</summary>
    Case = 1,

    /// <summary>Full-width or half-width forms.</summary>
    Width = 2,

    /// <summary>Other compatibility forms of NFKC: circled, superscript, mathematical, ligatures.</summary>
    Compatibility = 4,

    /// <summary>Invisible characters inside the term: zero-width, soft hyphen, bidi controls, variation selectors, tags.</summary>
    ZeroWidth = 8,

    /// <summary>Combining marks on letters of the term.</summary>
    CombiningMark = 16,

    /// <summary>Traditional, Japanese, radical and other variant forms of Han characters, read as the simplified standard form.</summary>
    Traditional = 32,

    /// <summary>Letters of other scripts that are drawn like Latin ones (Cyrillic о), between real ones.</summary>
    Confusable = 64,

    /// <summary>Spaces, punctuation, symbols or emoji between the characters of the term, or left out of it.</summary>
    Separator = 128,

    /// <summary>HTML or XML tags, comments or character references between the characters of the term.</summary>
    Markup = 256,

    /// <summary>Characters of the term written several times over.</summary>
    Repetition = 512,

    /// <summary>Digits and signs for letters, and numbers in other writing (term option <c>leet</c>).</summary>
    Leet = 1024,

    /// <summary>The term spelt in pinyin (term option <c>pinyin</c>).</summary>
    Pinyin = 2048,

    /// <summary>The initials of the term's pinyin (term option <c>initials</c>).</summary>
    Initials = 4096,

    /// <summary>Other characters that sound alike (term option <c>homophone</c>).</summary>
    Homophone = 8192,

    /// <summary>Characters typed in parts (term option <c>split</c>).</summary>
    Split = 16384,

    /// <summary>The term stood in an encoded run: base64, hexadecimal, percent, character references or <c>\u</c> escapes.</summary>
    Encoding = 32768,
}
