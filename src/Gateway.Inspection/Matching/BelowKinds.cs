namespace Gateway.Inspection.Matching;

/// <summary>What the patterns below a state are.</summary>
[Flags]
internal enum BelowKinds : byte
{
    None = 0,

    /// <summary>One counts inside a word too.</summary>
    Inner = 1,

    /// <summary>The next symbol of one is East Asian.</summary>
    NextEastAsian = 2,

    /// <summary>The next symbol of one that counts inside a word too is East Asian.</summary>
    NextOfInnerEastAsian = 4,
}
