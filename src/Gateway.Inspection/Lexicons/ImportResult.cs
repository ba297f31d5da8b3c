namespace Gateway.Inspection.Lexicons;

/// <summary>What became of the rows of a word list.</summary>
/// <param name="Lines">Lines for a lexicon file, in order.</param>
/// <param name="Duplicates">Rows that were left out, with what they repeat.</param>
/// <param name="Refused">Rows that were refused, with the reason.</param>
public sealed record ImportResult(IReadOnlyList<string> Lines, IReadOnlyList<LexiconFault> Duplicates, IReadOnlyList<LexiconFault> Refused);
