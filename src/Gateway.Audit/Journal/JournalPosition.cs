namespace Gateway.Audit.Journal;

/// <summary>A place in the chain: an entry's number and its hash.</summary>
/// <param name="Sequence">The entry's number, from 1; 0 before the first.</param>
/// <param name="Hash">
/// SHA-256 of the entry's JSON, 64 lower-case hex digits; <see langword="null"/> where the holder no longer has the entry
/// and only knows its number.
/// </param>
public readonly record struct JournalPosition(long Sequence, string? Hash)
{
    /// <summary>Before the first entry.</summary>
    public static JournalPosition None => default;
}
