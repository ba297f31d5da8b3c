using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Matching;

/// <summary>A compiled <see cref="NearRule"/>.</summary>
/// <param name="Symbols">The other term as symbols.</param>
/// <param name="Rule">The rule.</param>
internal sealed record NearPattern(string Symbols, NearRule Rule);
