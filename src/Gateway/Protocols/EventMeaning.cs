namespace Gateway.Protocols;

/// <summary>What an event says about the text around it.</summary>
[Flags]
internal enum EventMeaning
{
    /// <summary>Nothing: text may go on.</summary>
    None = 0,

    /// <summary>The event's part of its group is complete.</summary>
    EndsPart = 1,

    /// <summary>The event's group is complete.</summary>
    EndsGroup = 2,

    /// <summary>All text is complete; labels go here.</summary>
    EndsText = 4,

    /// <summary>The stream is complete: no event follows.</summary>
    EndsStream = 8,
}
