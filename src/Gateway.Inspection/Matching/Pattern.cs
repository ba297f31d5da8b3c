namespace Gateway.Inspection.Matching;

/// <summary>What an automaton looks for.</summary>
/// <param name="Symbols">The folded text, not empty.</param>
/// <param name="Holds">Whether text that could still become this pattern must be held back.</param>
internal readonly record struct Pattern(string Symbols, bool Holds);
