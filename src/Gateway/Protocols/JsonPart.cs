namespace Gateway.Protocols;

/// <summary>A part of a group in a JSON body: a tool call, a content part.</summary>
/// <param name="Index">The number it gives itself; its ordinal when it gives none.</param>
/// <param name="IsNumbered">It gives itself a number.</param>
internal readonly record struct JsonPart(int Index, bool IsNumbered);
