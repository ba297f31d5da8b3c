namespace Gateway.Audit.Records;

/// <summary>What was judged in one direction of an exchange, what was found, and what was done about it.</summary>
public sealed record DirectionRecord
{
    /// <summary>What was done, lower case: <c>allow</c>, <c>label</c>, <c>mask</c>, <c>block</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The findings kept, in order.</summary>
    public IReadOnlyList<AuditDetection> Detections { get; init; } = [];

    /// <summary>Findings in all, those not kept included.</summary>
    public int DetectionCount { get; init; }

    /// <summary>Text judged, UTF-16 units.</summary>
    public long Judged { get; init; }

    /// <summary>Text fields judged.</summary>
    public int JudgedFields { get; init; }

    /// <summary>What was not judged, and why.</summary>
    public IReadOnlyList<UnjudgedSpan> Unjudged { get; init; } = [];

    /// <summary>Answers only: the tools it calls; <see langword="null"/> where there are none.</summary>
    public IReadOnlyList<ToolCallRecord>? ToolCalls { get; init; }

    /// <summary>HMAC-SHA256 of the text under the subject's key, hex: fields in order, each followed by a zero character.</summary>
    public string? Digest { get; init; }

    /// <summary>The text itself, encrypted; where the policy keeps it.</summary>
    public SealedText? Text { get; init; }

    /// <summary>Answers only: text the model produced, UTF-16 units.</summary>
    public long? ProducedChars { get; init; }

    /// <summary>Answers only: text handed to the client, UTF-16 units.</summary>
    public long? DeliveredChars { get; init; }
}
