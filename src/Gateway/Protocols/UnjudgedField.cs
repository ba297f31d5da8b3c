namespace Gateway.Protocols;

/// <summary>A part of a body that no detector can read.</summary>
/// <param name="Reason"><c>media</c> or <c>opaque</c>.</param>
/// <param name="Kind">image, audio, file, or whatever the protocol says.</param>
/// <param name="Bytes">Its size in the body.</param>
/// <param name="TokenStart">Byte offset of its token.</param>
internal readonly record struct UnjudgedField(string Reason, string Kind, int Bytes, int TokenStart);
