namespace Gateway.Sanctions;

/// <summary>Tokens that were used while Redis was away, of one tenant and user within one day.</summary>
/// <param name="Id">Under which Redis counts them once, however often they are brought.</param>
/// <param name="Caller">Whose they are.</param>
/// <param name="Minute">The last minute in which some were used, UTC, counted from 1970.</param>
/// <param name="InMinute">Tokens of that minute.</param>
/// <param name="Day">The day, UTC, counted from 1970.</param>
/// <param name="InDay">Tokens of that day.</param>
internal sealed record OwedUse(string Id, LedgerCaller Caller, long Minute, long InMinute, long Day, long InDay);
