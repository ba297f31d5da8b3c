namespace Gateway.Audit.Seals;

/// <summary>Where sealing stands: what the next seal goes on from.</summary>
/// <param name="Number">Number of the last seal; 0 before the first.</param>
/// <param name="HeadSeq">Last entry it covers.</param>
/// <param name="StatementHash">What the next seal links to.</param>
/// <param name="KeyId">The key that signed it; <see langword="null"/> before the first.</param>
/// <param name="EntrySeq">Number of the seal's own entry.</param>
public sealed record SealPoint(long Number, long HeadSeq, string StatementHash, string? KeyId, long EntrySeq);
