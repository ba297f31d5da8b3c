namespace Gateway.Proxy;

/// <summary>A held part of a channel: what one string of one event added.</summary>
/// <param name="Frame">Number of the event.</param>
/// <param name="Start">Position in the channel of its first character.</param>
/// <param name="End">Past its last character.</param>
/// <param name="TokenStart">Position in the stream of the string's first byte; −1 when its bytes are not to be found.</param>
/// <param name="TokenLength">Bytes of the string.</param>
internal readonly record struct StreamPiece(long Frame, long Start, long End, long TokenStart, int TokenLength);
