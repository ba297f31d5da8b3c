namespace Gateway.Sanctions;

/// <summary>An exchange that has ended, as the ledger takes it.</summary>
/// <param name="Caller">Whose it was.</param>
/// <param name="Id">Its id.</param>
/// <param name="Tokens">What it used.</param>
internal readonly record struct EndedExchange(LedgerCaller Caller, string Id, long Tokens);
