namespace Gateway.TestSupport;

/// <summary>Polls for something that another task or process will do soon. Fails loudly at a deadline, never waits a fixed time.</summary>
public static class Eventually
{
    /// <summary>How long anything in a test may take before it counts as hung.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, limit);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var patience = limit ?? Patience;
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                throw new TimeoutException($"Not within {patience.TotalSeconds:0.#} s: {what}");
            await Task.Delay(Pause);
        }
    }

    /// <summary>The first non-null value.</summary>
    public static async Task<T> SomeAsync<T>(Func<T?> find, string what, TimeSpan? limit = null)
        where T : class
    {
        T? found = null;
        await TrueAsync(() => (found = find()) is not null, what, limit);
        return found!;
    }
}
