namespace Gateway.Protocols;

/// <summary>Why a body could not be read.</summary>
internal enum ScanFault
{
    /// <summary>It could.</summary>
    None,

    /// <summary>Not JSON.</summary>
    Malformed,

    /// <summary>Nested deeper than the limit.</summary>
    TooDeep,

    /// <summary>More strings than the limit.</summary>
    TooManyFields,

    /// <summary>One object holds the same property twice on the way to text.</summary>
    DuplicateProperty,

    /// <summary>A value has another type than the protocol says.</summary>
    WrongType,

    /// <summary>A property that the protocol needs is absent.</summary>
    MissingProperty,

    /// <summary>A string is not valid Unicode (a lone surrogate).</summary>
    InvalidText,
}
