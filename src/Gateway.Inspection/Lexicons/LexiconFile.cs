namespace Gateway.Inspection.Lexicons;

/// <summary>A lexicon file as read.</summary>
/// <param name="Name">Name without directory: <c>drugs.tsv</c>.</param>
/// <param name="Content">Its bytes, UTF-8.</param>
/// <param name="Written">When it was last written, where that is known.</param>
public readonly record struct LexiconFile(string Name, ReadOnlyMemory<byte> Content, DateTimeOffset? Written = null);
