namespace Gateway.Inspection.Matching;

/// <summary>Separators that a term itself has between two of its symbols.</summary>
/// <param name="Gap">What they are.</param>
/// <param name="IsRequired">A text must have some there too: S&amp;M is not sm, but ice-cream is ice cream and icecream.</param>
internal readonly record struct OwnGap(Gap Gap, bool IsRequired)
{
    /// <summary>The term has separators there.</summary>
    public bool Exists => Gap.Count > 0;
}
