namespace Gateway.Audit.Records;

/// <summary>Where an entry of an exchange stands in the journal.</summary>
/// <param name="Seq">Number of the entry.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Hash">Its hash, hex.</param>
public sealed record EntryReference(long Seq, string Kind, string Hash);
