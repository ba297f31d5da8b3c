namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Resilience</c>: how model servers are called.</summary>
internal sealed class ResilienceOptions
{
    /// <summary>Longest wait for the headers of an answer, seconds. Default 600. Never retried: a retry doubles a paid generation.</summary>
    public int HeaderTimeoutSeconds { get; set; } = 600;

    /// <summary>Longest silence within an answer, seconds. Default 600.</summary>
    public int ActivityTimeoutSeconds { get; set; } = 600;

    /// <summary>Longest wait for a connection, seconds. Default 5.</summary>
    public int ConnectTimeoutSeconds { get; set; } = 5;

    /// <summary>Other destinations tried after a connect failure or a 502 or 503 before the answer. Default 2, 0 for none.</summary>
    public int Retries { get; set; } = 2;

    /// <summary>Share of failures within <see cref="BreakSamplingSeconds"/> that opens a destination's circuit. Default 0.5.</summary>
    public double BreakRatio { get; set; } = 0.5;

    /// <summary>Calls within the sampling time before a circuit may open. Default 10.</summary>
    public int BreakCalls { get; set; } = 10;

    /// <summary>Sampling time, seconds. Default 10.</summary>
    public int BreakSamplingSeconds { get; set; } = 10;

    /// <summary>How long a circuit stays open, seconds. Default 5.</summary>
    public int BreakSeconds { get; set; } = 5;
}
