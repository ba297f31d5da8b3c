namespace Gateway.Sanctions;

/// <summary>
/// Tells Redis of exchanges that have ended. One message is on its way at a time, and whatever ends meanwhile goes with the next: a quiet gateway tells at once,
/// a busy one many together, which costs both sides a fraction.
/// </summary>
internal sealed class EndedExchanges(Func<IReadOnlyList<EndedExchange>, Task> tell)
{
    private readonly Lock _gate = new();
    private List<EndedExchange> _waiting = [];
    private bool _isTelling;

    /// <summary>Takes an exchange; nobody waits for this.</summary>
    public void Add(EndedExchange ended)
    {
        lock (_gate)
        {
            _waiting.Add(ended);
            if (_isTelling) return;
            _isTelling = true;
        }

        _ = TellAsync();
    }

    private async Task TellAsync()
    {
        var isDone = false;
        try
        {
            while (true)
            {
                List<EndedExchange> some;
                lock (_gate)
                {
                    if (_waiting.Count == 0)
                    {
                        _isTelling = false;
                        isDone = true;
                        return;
                    }

                    (some, _waiting) = (_waiting, []);
                }

                await tell(some);
            }
        }
        finally
        {
            // Whatever happened, the next one that ends is told.
            if (!isDone)
            {
                lock (_gate) _isTelling = false;
            }
        }
    }
}
