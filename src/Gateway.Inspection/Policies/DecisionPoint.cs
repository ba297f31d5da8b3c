namespace Gateway.Inspection.Policies;

/// <summary>How much of a text a decision rests on.</summary>
public enum DecisionPoint
{
    /// <summary>The whole text.</summary>
    Whole,

    /// <summary>A part of a stream; the classifier needs <see cref="Thresholds.Cut"/> to block alone.</summary>
    MidStream,
}
