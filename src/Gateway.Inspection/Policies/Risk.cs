namespace Gateway.Inspection.Policies;

/// <summary>One risk of the taxonomy.</summary>
/// <param name="Id">Permanent id, lower case with hyphens: <c>privacy-right</c>. Extensions begin with <c>x-</c>.</param>
/// <param name="Group">Id of the group it belongs to: <c>a4-rights</c>; <c>extensions</c> for risks outside the standard.</param>
/// <param name="Clause">Clause of the standard: <c>A.4 e)</c>; empty for extensions.</param>
/// <param name="Chinese">Chinese display text.</param>
/// <param name="English">English display text.</param>
/// <param name="SubLabels">Finer labels, used as <c>id.sub</c>; mostly none.</param>
/// <param name="KeywordsMin">Least number of keywords the standard asks for; <see langword="null"/> where it names none.</param>
public sealed record Risk(
    string Id,
    string Group,
    string Clause,
    string Chinese,
    string English,
    IReadOnlyList<string> SubLabels,
    int? KeywordsMin);
