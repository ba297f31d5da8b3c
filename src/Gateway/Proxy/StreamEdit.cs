namespace Gateway.Proxy;

/// <summary>Bytes that take the place of others.</summary>
/// <param name="Start">First byte, counted from the stream's beginning.</param>
/// <param name="End">Past the last byte.</param>
/// <param name="Replacement">What leaves instead.</param>
internal readonly record struct StreamEdit(long Start, long End, ReadOnlyMemory<byte> Replacement);
