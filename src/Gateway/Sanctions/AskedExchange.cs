namespace Gateway.Sanctions;

/// <summary>An exchange that waits to be let in.</summary>
/// <param name="Caller">Whose it is.</param>
/// <param name="Id">Its id.</param>
internal sealed record AskedExchange(LedgerCaller Caller, string Id)
{
    private readonly TaskCompletionSource<Admission> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Admission> Answer => _answer.Task;

    public void Take(Admission admission) => _answer.TrySetResult(admission);

    /// <summary>Nobody answers any more.</summary>
    public void GiveUp() => _answer.TrySetException(new TimeoutException("Redis did not answer a step of the ledger."));
}
