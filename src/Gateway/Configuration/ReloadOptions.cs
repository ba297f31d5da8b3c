namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Reload</c>: how changed lexicons and policies are noticed.</summary>
internal sealed class ReloadOptions
{
    /// <summary>
    /// How often the lexicon and policy directories are looked at, seconds. Default 2. With 0 only the signal SIGHUP makes
    /// the gateway look. A change is taken once two looks in a row have found the same contents.
    /// </summary>
    public double PollSeconds { get; set; } = 2;
}
