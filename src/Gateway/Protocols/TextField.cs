namespace Gateway.Protocols;

/// <summary>A string (or several that are read as one) found in a body.</summary>
/// <param name="Start">Offset of its characters in <see cref="ScannedJson"/>'s buffer.</param>
/// <param name="Length">Number of characters.</param>
/// <param name="Node">The place it was found in.</param>
/// <param name="PathHash">Identity of its path, array positions left out.</param>
/// <param name="Group">Ordinal of the message or choice it lies in; −1 outside.</param>
/// <param name="Sub">Ordinal of the tool call it lies in; −1 outside.</param>
/// <param name="TokenStart">Byte offset of its (first) token in the body; <see cref="NoToken"/> or <see cref="QueryToken"/> where there is none.</param>
/// <param name="IsName">True for the name of a property that no rule knows.</param>
internal readonly record struct TextField(
    int Start, int Length, ShapeNode Node, ulong PathHash, int Group, int Sub, int TokenStart, bool IsName)
{
    /// <summary>It consists of several strings.</summary>
    public bool IsJoined { get; init; }

    /// <summary>Its bytes are not there as such: it was decoded, so nothing of it can be masked.</summary>
    public bool IsDecoded { get; init; }

    /// <summary>The text is the whole body.</summary>
    public const int NoToken = -1;

    /// <summary>The text comes from the request's query.</summary>
    public const int QueryToken = -2;

    /// <summary>The text comes from the request's path.</summary>
    public const int PathToken = -3;

    /// <summary><see cref="FieldRule.Text"/> or <see cref="FieldRule.Watch"/>.</summary>
    public FieldRule Rule => Node.Rule == FieldRule.Watch ? FieldRule.Watch : FieldRule.Text;
}
