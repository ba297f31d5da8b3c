namespace Gateway.Inspection.Policies;

/// <summary>What is done about a finding of a pattern: personal data, keys. From lenient to strict.</summary>
public enum PatternAction
{
    /// <summary>Recorded, never decisive.</summary>
    Watch,

    /// <summary>Labels the answer.</summary>
    Label,

    /// <summary>In answers: the characters are replaced. In prompts: recorded.</summary>
    Mask,

    /// <summary>Refused, or the stream is cut.</summary>
    Block,
}
