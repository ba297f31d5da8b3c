namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Complaints</c>.</summary>
internal sealed class ComplaintOptions
{
    /// <summary>Take complaints on the data listener (<c>POST /complaints</c>). Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Hours in which a complaint is to be decided. Default 360 (15 days).</summary>
    public double DueHours { get; set; } = 360;

    /// <summary>Hours in which an appeal is to be decided. Default 168.</summary>
    public double AppealDueHours { get; set; } = 168;

    /// <summary>Days after a decision in which it can be appealed against. Default 30.</summary>
    public double AppealDays { get; set; } = 30;

    /// <summary>Complaints a minute from one address. Default 30; beyond: 429.</summary>
    public int PerMinute { get; set; } = 30;
}
