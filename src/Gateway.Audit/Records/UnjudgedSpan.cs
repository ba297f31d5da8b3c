namespace Gateway.Audit.Records;

/// <summary>Something that travelled, or was asked to travel, without having been judged, and why.</summary>
public sealed record UnjudgedSpan
{
    /// <summary>Why it was not judged, for instance <c>binary</c>, <c>exempt</c>, <c>fault</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Path of the field; <see langword="null"/> where it is the whole body.</summary>
    public string? Path { get; init; }

    /// <summary>What it is, for instance <c>image</c> or <c>audio</c>; <see langword="null"/> where unknown.</summary>
    public string? Kind { get; init; }

    /// <summary>Its size in bytes, where known.</summary>
    public long? Bytes { get; init; }

    /// <summary>Its size in UTF-16 units, where it is text.</summary>
    public long? Chars { get; init; }
}
