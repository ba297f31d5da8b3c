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

    /// <summary>What kind of event this is.</summary>
    Type,

    /// <summary>The number of the event in its stream.</summary>
    Sequence,

    /// <summary>The number of a choice, content block or output item.</summary>
    GroupIndex,

    /// <summary>The number of a tool call or content part within its group.</summary>
    SubIndex,

    /// <summary>Set when a group is complete.</summary>
    Finish,

    /// <summary>Name of a tool that is called.</summary>
    ToolName,

    /// <summary>What a tool is told.</summary>
    ToolArguments,

    /// <summary>A second telling of the text, token by token; goes when the text is masked.</summary>
    Logprobs,
}
