namespace Gateway.Protocols;

/// <summary>Where the characters of one string token went; a <see cref="TextField"/> of joined parts has several.</summary>
/// <param name="Start">Offset of its characters in <see cref="ScannedJson"/>'s buffer.</param>
/// <param name="Length">Number of characters.</param>
/// <param name="TokenStart">Byte offset of its opening quote in the body.</param>
/// <param name="TokenLength">Bytes between its quotes.</param>
internal readonly record struct TextSegment(int Start, int Length, int TokenStart, int TokenLength);
