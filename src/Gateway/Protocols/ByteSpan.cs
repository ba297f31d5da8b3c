namespace Gateway.Protocols;

/// <summary>A value in a body that is more than one string.</summary>
/// <param name="Capture">What it is.</param>
/// <param name="Group">Ordinal of the group it belongs to; −1 outside.</param>
/// <param name="Sub">Ordinal of the tool call it belongs to; −1 outside.</param>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset past its last byte.</param>
/// <param name="IsArray">It is an array; else an object.</param>
internal readonly record struct ByteSpan(FieldCapture Capture, int Group, int Sub, int Start, int End, bool IsArray);
