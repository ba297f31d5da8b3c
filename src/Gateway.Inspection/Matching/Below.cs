namespace Gateway.Inspection.Matching;

/// <summary>
/// What the holding patterns below a state have in common, so that a stream is held only for those that its text may still become.
/// </summary>
/// <param name="Longest">Length of the longest; 0 when there is none.</param>
/// <param name="Gaps">Bit n: one of them has separators of its own before its symbol n, counted from 0 (the last bit: there or later).</param>
/// <param name="InnerGaps">The same of those that count inside a word too.</param>
/// <param name="Kinds">What else they are.</param>
internal readonly record struct Below(ushort Longest, ulong Gaps, ulong InnerGaps, BelowKinds Kinds)
{
    private const int LastBit = 63;

    /// <summary>One of them counts inside a word too.</summary>
    public bool HasInner => (Kinds & BelowKinds.Inner) != 0;

    /// <summary>The next symbol of one of them is East Asian.</summary>
    public bool NextIsEastAsian => (Kinds & BelowKinds.NextEastAsian) != 0;

    /// <summary>The next symbol of one that counts inside a word too is East Asian.</summary>
    public bool NextOfInnerIsEastAsian => (Kinds & BelowKinds.NextOfInnerEastAsian) != 0;

    /// <summary>The bit of a place.</summary>
    /// <param name="index">Index of the symbol that separators stand before.</param>
    public static ulong BitOf(int index) => 1UL << Math.Min(index, LastBit);

    /// <summary>Whether one of them has separators of its own before a symbol.</summary>
    public bool MayOwnGap(int index) => (Gaps & BitOf(index)) != 0;

    /// <summary>Whether one that counts inside a word too has separators of its own before a symbol.</summary>
    public bool InnerMayOwnGap(int index) => (InnerGaps & BitOf(index)) != 0;

    /// <summary>The same with one more pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="depth">Depth of the state.</param>
    public Below With(in Pattern pattern, int depth)
    {
        var kinds = Kinds | (pattern.IsWord ? BelowKinds.None : BelowKinds.Inner);
        if (WordBoundary.IsEastAsian(pattern.Symbols[depth])) kinds |= BelowKinds.NextEastAsian | (pattern.IsWord ? BelowKinds.None : BelowKinds.NextOfInnerEastAsian);
        return new Below((ushort)Math.Max(Longest, pattern.Symbols.Length), Gaps | pattern.Gaps, InnerGaps | (pattern.IsWord ? 0 : pattern.Gaps), kinds);
    }
}
