namespace Gateway.Inspection.Policies;

/// <summary>When streamed text that the keyword matcher has passed may leave, as to the classifier.</summary>
public enum StreamMode
{
    /// <summary>A sentence (or 120 characters, or what came in 250 ms) leaves once the classifier has judged it in context.</summary>
    Hold,

    /// <summary>Text flows; the last 200 characters, tool calls and the terminator wait for the verdict on the whole answer.</summary>
    Tail,

    /// <summary>Text flows; a late verdict cuts the stream or labels its end.</summary>
    Follow,
}
