namespace Gateway.Inspection.Lexicons;

/// <summary>How many terms a lexicon has for one risk of the taxonomy.</summary>
/// <param name="Risk">Id of the risk; sub-labels count towards it.</param>
/// <param name="Clause">Clause of the standard; empty for extensions.</param>
/// <param name="Canonical">Terms that differ after folding.</param>
/// <param name="Minimum">Least number that the standard asks for; <see langword="null"/> where it names none.</param>
/// <param name="SubLabels">The same by sub-label, those without terms included.</param>
public sealed record RiskCount(string Risk, string Clause, int Canonical, int? Minimum, IReadOnlyDictionary<string, int> SubLabels)
{
    /// <summary>Terms that are missing to the minimum.</summary>
    public int Gap => Math.Max(0, (Minimum ?? 0) - Canonical);
}
