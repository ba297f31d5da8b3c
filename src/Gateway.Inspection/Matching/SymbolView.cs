namespace Gateway.Inspection.Matching;

/// <summary>How characters are read before they are compared.</summary>
internal enum SymbolView
{
    /// <summary>As the letters they are, after folding.</summary>
    Letters,

    /// <summary>Digits and signs as the letters they stand for, numbers in any writing alike.</summary>
    Leet,

    /// <summary>Han characters as the syllable they sound like.</summary>
    Sounds,
}
