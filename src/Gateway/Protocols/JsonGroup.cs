namespace Gateway.Protocols;

/// <summary>A message or choice in a JSON body.</summary>
/// <param name="ByteStart">Offset of its opening brace.</param>
/// <param name="ByteEnd">Offset past its closing brace.</param>
/// <param name="Index">The number it gives itself; its ordinal when it gives none.</param>
/// <param name="IsFinished">It says why it ended.</param>
/// <param name="IsNumbered">It gives itself a number.</param>
internal readonly record struct JsonGroup(int ByteStart, int ByteEnd, int Index, bool IsFinished, bool IsNumbered);
