namespace Gateway.Inspection.Lexicons;

/// <summary>A row of a word list to be imported.</summary>
/// <param name="Line">Its line in the list, from 1.</param>
/// <param name="Text">The word; <see langword="null"/> where the row has none.</param>
public readonly record struct ImportRow(int Line, string? Text);
