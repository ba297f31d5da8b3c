namespace Gateway.Inspection.Matching;

/// <summary>What an automaton looks for.</summary>
/// <param name="Symbols">The folded text, not empty.</param>
/// <param name="Holding">Whether text that could still become this pattern must be held back.</param>
/// <param name="IsWord">It counts only as a whole word.</param>
/// <param name="Gaps">Where the term itself has separators between its symbols: see <see cref="Below.Gaps"/>.</param>
internal readonly record struct Pattern(string Symbols, Holding Holding, bool IsWord = false, ulong Gaps = 0);
