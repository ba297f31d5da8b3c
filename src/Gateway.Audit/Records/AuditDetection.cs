namespace Gateway.Audit.Records;

/// <summary>One finding as the record keeps it: where and why, never the text itself.</summary>
public sealed record AuditDetection
{
    /// <summary>Id, or <c>id.sub</c>, of the taxonomy.</summary>
    public required string Risk { get; init; }

    /// <summary>Offset in the judged text, UTF-16 units.</summary>
    public int Start { get; init; }

    /// <summary>Length in the judged text, UTF-16 units.</summary>
    public int Length { get; init; }

    /// <summary>1 for a keyword; the calibrated probability, 0–1, for a classifier. Never NaN or infinite: the journal refuses those.</summary>
    public float Score { get; init; }

    /// <summary>Name of the detector.</summary>
    public required string Detector { get; init; }

    /// <summary>What fired: file and line of a term, or model and label.</summary>
    public required string Rule { get; init; }

    /// <summary>Tier of the term, lower case; <see langword="null"/> for findings that carry a score instead.</summary>
    public string? Tier { get; init; }

    /// <summary>Names of the foldings that were needed; <see langword="null"/> where the text held the term letter for letter.</summary>
    public IReadOnlyList<string>? Foldings { get; init; }

    /// <summary>Path of the text field, for instance <c>messages[0].content</c>; <see langword="null"/> where the offset is in the whole text.</summary>
    public string? Field { get; init; }
}
