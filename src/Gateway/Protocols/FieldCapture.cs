namespace Gateway.Protocols;

/// <summary>Values the gateway itself needs from a body, remembered in passing.</summary>
internal enum FieldCapture
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The model's name.</summary>
    Model,

    /// <summary>Whether the client asked for a stream.</summary>
    Stream,

    /// <summary>The answer's id.</summary>
    Id,

    /// <summary>When the answer was created.</summary>
    Created,

    /// <summary>The number of a choice (or output item).</summary>
    GroupIndex,

    /// <summary>The number of a tool call within its choice.</summary>
    SubIndex,

    /// <summary>Set when a choice is complete.</summary>
    Finish,
}
