namespace Gateway.Protocols;

/// <summary>A string (or several adjacent ones that the model reads as one) found in a JSON body.</summary>
/// <param name="Start">Offset of its characters in <see cref="ScannedJson"/>'s buffer.</param>
/// <param name="Length">Number of characters.</param>
/// <param name="Rule"><see cref="FieldRule.Text"/> or <see cref="FieldRule.Watch"/>.</param>
/// <param name="PathHash">Identity of its path, array positions left out.</param>
/// <param name="Group">Ordinal of the message or choice it lies in; −1 outside.</param>
/// <param name="Sub">Ordinal of the tool call it lies in; −1 outside.</param>
/// <param name="TokenStart">Byte offset of its (first) token in the body.</param>
/// <param name="IsName">True for the name of a property that no rule knows.</param>
internal readonly record struct TextField(
    int Start, int Length, FieldRule Rule, ulong PathHash, int Group, int Sub, int TokenStart, bool IsName);
