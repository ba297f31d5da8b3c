namespace Gateway.Proxy;

/// <summary>
/// Lets what waits for a socket go on where its arrival was noticed, instead of on another thread: with short exchanges the switch costs
/// more than the work (a tenth of the processor time of a buffered exchange in <c>eng/bench load</c>). What goes on there
/// must be short; long bodies change to another thread before they are judged (<see cref="LongWorkAsync"/>).
/// </summary>
internal static class SocketCompletions
{
    // The runtime's own switch; it reads it once, with the first socket.
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Bytes of a body that are judged in well under a millisecond.</summary>
    private const int ShortBody = 32 * 1024;

    /// <summary>Call before the first socket is made. What the environment says already stays.</summary>
    public static void RunInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
    }

    /// <summary>Await this before work on a body: a long one goes on elsewhere, so that other connections need not wait for it.</summary>
    /// <param name="length">Bytes of the body.</param>
    public static async ValueTask LongWorkAsync(int length)
    {
        if (length > ShortBody) await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
    }
}
