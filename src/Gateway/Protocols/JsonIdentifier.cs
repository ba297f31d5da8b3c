namespace Gateway.Protocols;

/// <summary>A structural string that looks like an identifier: no sentence, but bytes that somebody may read.</summary>
/// <param name="Start">Offset of its characters in <see cref="ScannedJson"/>'s buffer.</param>
/// <param name="Length">Number of characters.</param>
/// <param name="Group">Ordinal of the message or choice it lies in; −1 outside.</param>
/// <param name="TokenStart">Byte offset of its token in the body, or what stands for it.</param>
internal readonly record struct JsonIdentifier(int Start, int Length, int Group, int TokenStart);
