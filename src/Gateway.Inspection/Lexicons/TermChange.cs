namespace Gateway.Inspection.Lexicons;

/// <summary>A term that differs between two lexicons.</summary>
/// <param name="Kind"><c>added</c>, <c>removed</c> or <c>changed</c>; the same with <c>-allow</c> for words of the allow-list.</param>
/// <param name="Term">The term, as the newer lexicon that has it writes it.</param>
/// <param name="Before">Risk, tier and options before; <see langword="null"/> when it was not there.</param>
/// <param name="After">Risk, tier and options after; <see langword="null"/> when it is gone.</param>
/// <param name="Rule">Where it stands, or stood.</param>
public sealed record TermChange(string Kind, string Term, string? Before, string? After, string Rule);
