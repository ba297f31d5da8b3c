namespace Gateway.Inspection.Text;

/// <summary>
/// The foldings a hit needed, so that a reviewer sees at one glance why it fired. <see cref="None"/> means the text
/// held the term letter for letter.
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
}
