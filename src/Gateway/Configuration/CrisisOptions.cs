namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Crisis</c>: how the webhook of a policy's crisis path is called.</summary>
internal sealed class CrisisOptions
{
    /// <summary>Seconds for one attempt. Default 10.</summary>
    public double TimeoutSeconds { get; set; } = 10;

    /// <summary>Attempts in all. Default 5.</summary>
    public int Attempts { get; set; } = 5;

    /// <summary>Milliseconds before the second attempt; each further one waits twice as long. Default 500.</summary>
    public double DelayMilliseconds { get; set; } = 500;
}
