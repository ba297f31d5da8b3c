namespace Gateway.Inspection.Lexicons;

/// <summary>The outcome of a check.</summary>
/// <param name="Lexicon">What was checked: the lines that are sound.</param>
/// <param name="Findings">What was found, errors first, then in order of file and line.</param>
/// <param name="Risks">Terms of each risk, in the order of the taxonomy.</param>
/// <param name="Canonical">Terms in all that differ after folding.</param>
/// <param name="IsWhole">False when the directory or one of its files could not be read at all.</param>
public sealed record LexiconReport(
    Lexicon Lexicon, IReadOnlyList<LexiconFinding> Findings, IReadOnlyList<RiskCount> Risks, int Canonical, bool IsWhole)
{
    /// <summary>The size of keyword library that the standard asks for.</summary>
    public const int Target = 10_000;

    /// <summary>Terms that are missing to <see cref="Target"/>.</summary>
    public int Gap => Math.Max(0, Target - Canonical);

    /// <summary>Findings for which a gateway would refuse the lexicon.</summary>
    public int Errors => Findings.Count(finding => finding.IsError);
}
