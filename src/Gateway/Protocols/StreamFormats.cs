namespace Gateway.Protocols;

/// <summary>Ways to frame a stream.</summary>
[Flags]
internal enum StreamFormats
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Server-sent events.</summary>
    Events = 1,

    /// <summary>JSON values one after the other, usually a line each (NDJSON).</summary>
    Lines = 2,

    /// <summary>The elements of one JSON array.</summary>
    Array = 4,
}
