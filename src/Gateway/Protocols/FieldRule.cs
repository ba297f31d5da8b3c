namespace Gateway.Protocols;

/// <summary>How a JSON string is treated. Whatever no rule names is <see cref="Text"/>.</summary>
internal enum FieldRule
{
    /// <summary>Judged in full.</summary>
    Text,

    /// <summary>Judged by the immediate detectors and recorded, not decisive unless policy says so: tool definitions, metadata.</summary>
    Watch,

    /// <summary>An identifier or a constant of the protocol. Exempt only while it looks like one; see <see cref="JsonTextScanner"/>.</summary>
    Structural,

    /// <summary>Encoded image, audio or file, or the id of one: recorded as unjudged.</summary>
    Media,

    /// <summary>Something only the model server can read (signatures, encrypted reasoning, ids of earlier turns): recorded as unjudged.</summary>
    Opaque,
}
