namespace Gateway.Audit.Journal;

/// <summary>One group commit: entries that became durable together.</summary>
/// <param name="Entries">How many.</param>
/// <param name="Bytes">Their size in the file.</param>
/// <param name="Elapsed">Time for hashing, writing and fsync.</param>
public readonly record struct JournalCommit(int Entries, int Bytes, TimeSpan Elapsed);
