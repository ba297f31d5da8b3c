namespace Gateway.Inspection.Policies;

/// <summary>How a blocked prompt is answered.</summary>
public enum BlockAnswer
{
    /// <summary>The protocol's error.</summary>
    Error,

    /// <summary>A canned answer, as if the model had given it (红线代答).</summary>
    Answer,
}
