namespace Gateway.Inspection.Matching;

/// <summary>What stands between two characters of a reading.</summary>
[Flags]
internal enum GapParts : byte
{
    None = 0,

    /// <summary>Blanks within a line.</summary>
    Space = 1,

    /// <summary>A line end.</summary>
    Newline = 2,

    /// <summary>Punctuation that ends a clause or sentence, the full stop of Latin text excepted.</summary>
    Clause = 4,

    /// <summary>A full stop, which Latin text also uses inside numbers and abbreviations.</summary>
    Dot = 8,

    /// <summary>Any other sign, symbol or emoji.</summary>
    Sign = 16,

    /// <summary>A tag, comment or character reference.</summary>
    Markup = 32,
}
