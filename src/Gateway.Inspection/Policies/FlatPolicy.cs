namespace Gateway.Inspection.Policies;

/// <summary>A document with everything it inherits by <c>Extends</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">The values by place, each with the file that writes it.</param>
internal sealed record FlatPolicy(string Name, IReadOnlyDictionary<string, (PolicyValue Value, string File)> Values);
