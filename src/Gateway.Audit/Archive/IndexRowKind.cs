namespace Gateway.Audit.Archive;

/// <summary>What a row of an index stands for.</summary>
internal enum IndexRowKind
{
    /// <summary>An exchange that this segment closes.</summary>
    Closed = 1,

    /// <summary>An exchange that is open after this segment; carried on from segment to segment until it is closed.</summary>
    Pending = 2,

    /// <summary>A delivery.</summary>
    Delivery = 3,

    /// <summary>An event.</summary>
    Event = 4,
}
