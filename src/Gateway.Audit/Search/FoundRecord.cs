using Gateway.Audit.Journal;
using Gateway.Audit.Records;

namespace Gateway.Audit.Search;

/// <summary>An exchange that was found, and where.</summary>
/// <param name="Record">Its record.</param>
/// <param name="Entries">The entries it was put together from.</param>
/// <param name="Instance">Id of the journal.</param>
/// <param name="Place"><c>archive</c>, <c>journal</c> or <c>redis</c>.</param>
public sealed record FoundRecord(ExchangeRecord Record, IReadOnlyList<JournalEntry> Entries, string Instance, string Place);
