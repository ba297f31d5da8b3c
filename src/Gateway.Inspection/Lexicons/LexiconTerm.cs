namespace Gateway.Inspection.Lexicons;

/// <summary>One term of a lexicon.</summary>
/// <param name="Text">The term as written.</param>
/// <param name="Risk">An id or <c>id.sub</c> of the taxonomy.</param>
/// <param name="Tier">How much it decides alone.</param>
/// <param name="Options">How it matches.</param>
/// <param name="File">File it stands in, without directory.</param>
/// <param name="Line">Line it stands on, from 1.</param>
public sealed record LexiconTerm(string Text, string Risk, Tier Tier, TermOptions Options, string File, int Line)
{
    /// <summary>Rule id in detections and audit records, <c>file:line</c>.</summary>
    public string Rule { get; } = File + ":" + Line.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What must, or must not, stand near it; every rule must be met.</summary>
    public IReadOnlyList<NearRule> Near { get; init; } = [];
}
