namespace Gateway.Inspection.Policies;

/// <summary>One effective value with where it comes from.</summary>
/// <param name="Value">The value.</param>
/// <param name="Level">The level that decided; <see langword="null"/> for what is built in, or comes with the model.</param>
/// <param name="File">The file that says so; <see langword="null"/> for what is built in.</param>
/// <param name="Overruled">What a weaker file wanted before the base prevailed: its value and the file.</param>
public sealed record PolicyLeaf(PolicyValue Value, PolicyLevel? Level, string? File, string? Overruled = null);
