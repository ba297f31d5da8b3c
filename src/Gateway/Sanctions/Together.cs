namespace Gateway.Sanctions;

/// <summary>
/// Tells Redis of things of one kind. One message is on its way at a time, and whatever comes meanwhile goes with the next: a quiet gateway tells at once,
/// a busy one many together, which costs both sides a fraction.
/// </summary>
internal sealed class Together<T>(Func<IReadOnlyList<T>, Task> tell)
{
    private readonly Lock _gate = new();
    private List<T> _waiting = [];
    private bool _isTelling;

    /// <summary>Takes one; nobody waits for this.</summary>
    public void Add(T one)
    {
        lock (_gate)
        {
            _waiting.Add(one);
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
                List<T> some;
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
            // Whatever happened, the next one is told.
            if (!isDone)
            {
                lock (_gate) _isTelling = false;
            }
        }
    }
}
