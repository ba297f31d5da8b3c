namespace Gateway.Inspection.Matching;

/// <summary>Whether a stream waits for a pattern that its text may still become.</summary>
internal enum Holding : byte
{
    /// <summary>No: it never decides more than a record or a label.</summary>
    None,

    /// <summary>Where something stands ready to confirm it: a review term.</summary>
    Hint,

    /// <summary>Always: it decides alone.</summary>
    Always,
}
