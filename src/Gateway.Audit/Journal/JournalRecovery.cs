namespace Gateway.Audit.Journal;

/// <summary>What opening a journal found and repaired.</summary>
/// <param name="IsNew">The journal was begun by this opening.</param>
/// <param name="Entries">Entries found and verified.</param>
/// <param name="Bytes">Their size in the files.</param>
/// <param name="LostExchanges">Exchanges that were open and were closed as <c>lost</c>.</param>
/// <param name="TornFile">File that keeps the bytes of an interrupted append that were cut off; <see langword="null"/> where there were none.</param>
/// <param name="TornBytes">How many bytes those are.</param>
/// <param name="Elapsed">Time it took to verify and repair.</param>
public sealed record JournalRecovery(
    bool IsNew, long Entries, long Bytes, int LostExchanges, string? TornFile, int TornBytes, TimeSpan Elapsed);
