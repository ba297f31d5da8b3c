namespace Gateway.Configuration;

/// <summary>Section <c>Gateway:Sanctions</c>: measures against end users who keep trying. Without a source in <c>Gateway:EndUser</c> there are none.</summary>
internal sealed class SanctionOptions
{
    /// <summary>Measures are taken. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Blocked prompts in a row, new turns only, after which a user is suspended. Default 3; 0 = never.</summary>
    public int InRow { get; set; } = 3;

    /// <summary>Blocked prompts within a calendar day (Asia/Shanghai) after which a user is suspended. Default 5; 0 = never.</summary>
    public int PerDay { get; set; } = 5;

    /// <summary>Blocked prompts in a row after which a user counts as warned. Default 1; 0 = never.</summary>
    public int WarnInRow { get; set; } = 1;

    /// <summary>Blocked prompts in a row after which a user is limited to the end of the day. Default 2; 0 = never.</summary>
    public int LimitInRow { get; set; } = 2;

    /// <summary>Blocked prompts within a day after which a user is limited to the end of the day. Default 4; 0 = never.</summary>
    public int LimitPerDay { get; set; } = 4;

    /// <summary>Requests a minute that a limited user may make. Default 20.</summary>
    public int LimitedRequestsPerMinute { get; set; } = 20;

    /// <summary>How long a suspension lasts, minutes. Default 1,440.</summary>
    public int SuspendMinutes { get; set; } = 1440;

    /// <summary>Suspensions after which a user is terminated. Default 0: only a person terminates.</summary>
    public int TerminateAfter { get; set; }

    /// <summary>
    /// Secret that users' names are hashed with in Redis and on disk: <c>env:NAME</c> or <c>file:PATH</c>, the same on every node. Default: one that everybody knows, so that
    /// short names can be guessed from their hashes.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>Directory of what a node remembers of users who are under a measure. Default: the journal's directory with <c>-state</c> after its name.</summary>
    public string? State { get; set; }
}
