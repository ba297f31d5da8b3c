namespace Gateway.Inspection.Lexicons;

/// <summary>What could be made of a lexicon's files, faults or not: for tools that want to say everything at once.</summary>
/// <param name="Lexicon">The lines that are sound. Only without faults is it what a gateway would use.</param>
/// <param name="Faults">Everything wrong, in order of file and line.</param>
/// <param name="IsWhole">False when the directory or one of its files could not be read at all.</param>
public sealed record LexiconReading(Lexicon Lexicon, IReadOnlyList<LexiconFault> Faults, bool IsWhole);
