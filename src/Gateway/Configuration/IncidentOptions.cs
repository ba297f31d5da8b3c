namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Incident</c>: who reports to whom, and by when.</summary>
internal sealed class IncidentOptions
{
    /// <summary>Hours to the first report. Default 4.</summary>
    public double ReportHours { get; set; } = 4;

    /// <summary>Hours to the first report of an operator of critical infrastructure. Default 1.</summary>
    public double CriticalReportHours { get; set; } = 1;

    /// <summary>Days to the closing summary. Default 30.</summary>
    public double ClosingDays { get; set; } = 30;

    /// <summary>Who operates the service.</summary>
    public string? Operator { get; set; }

    /// <summary>Who answers for the report, with telephone or mail.</summary>
    public string? Contact { get; set; }

    /// <summary>The authority that is reported to.</summary>
    public string? Authority { get; set; }
}
