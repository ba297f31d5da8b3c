namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Review</c>: which exchanges people look at. Sampled allowed traffic is what <c>Audit:Text:SampleShare</c> keeps.</summary>
internal sealed class ReviewOptions
{
    /// <summary>Keep a queue. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>A score so near to the threshold for blocking is worth a look. Default 0.1.</summary>
    public float Margin { get; set; } = 0.1f;

    /// <summary>Days an exchange waits in the queue at most. Default 14.</summary>
    public double Days { get; set; } = 14;

    /// <summary>Hours in which an exchange is to be reviewed. Default 72.</summary>
    public double DueHours { get; set; } = 72;

    /// <summary>Seconds between looks at the journal. Default 60.</summary>
    public double RefreshSeconds { get; set; } = 60;
}
