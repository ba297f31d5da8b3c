namespace Gateway.Inspection.Matching;

/// <summary>What an automaton looks for.</summary>
/// <param name="Symbols">The folded text, not empty.</param>
/// <param name="Holds">Whether text that could still become this pattern must be held back.</param>
/// <param name="HasGaps">Whether the term itself has separators between its symbols.</param>
internal readonly record struct Pattern(string Symbols, bool Holds, bool HasGaps = false);
