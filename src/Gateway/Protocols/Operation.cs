namespace Gateway.Protocols;

/// <summary>What a request asks of a protocol.</summary>
/// <param name="Name">Name in records: <c>chat</c>, <c>models</c>.</param>
/// <param name="ExemptReason">Why neither request nor answer is judged; <see langword="null"/> when they are.</param>
internal sealed record Operation(string Name, string? ExemptReason = null);
