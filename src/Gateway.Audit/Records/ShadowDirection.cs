namespace Gateway.Audit.Records;

/// <summary>What a shadow model said of one direction, and what policy would have made of it.</summary>
public sealed record ShadowDirection
{
    /// <summary>What would have been done, had it served: <c>allow</c>, <c>label</c>, <c>mask</c>, <c>block</c>.</summary>
    public required string Action { get; init; }

    /// <summary>That is something else than the model in force led to, on the same texts; <see langword="null"/> where it is not.</summary>
    public bool? Differs { get; init; }

    /// <summary>Texts it answered.</summary>
    public int Texts { get; init; }

    /// <summary>The highest probability by label; those below the model's floor are left out.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = new Dictionary<string, double>();
}
