namespace Gateway.Inspection.Matching;

/// <summary>What was skipped between two characters of a reading.</summary>
/// <param name="Count">Number of separators; a run of blanks or a tag counts as one. 0 when the characters are neighbours.</param>
/// <param name="Parts">Their kinds.</param>
internal readonly record struct Gap(int Count, GapParts Parts)
{
    private bool EndsBlank { get; init; }

    /// <summary>The gap with one more part.</summary>
    public Gap With(GapParts part)
    {
        var isBlank = part is GapParts.Space or GapParts.Newline;
        return new Gap(isBlank && EndsBlank ? Count : Count + 1, Parts | part) { EndsBlank = isBlank };
    }

    /// <summary>This gap, which ends with a tag, and what follows the tag.</summary>
    public Gap Then(Gap next) => new(Count + next.Count, Parts | next.Parts);
}
