namespace Gateway.Inspection.Policies;

/// <summary>What becomes of a request whose history holds a turn that was blocked for this user.</summary>
public enum BlockedHistoryAction
{
    /// <summary>It is refused. The default.</summary>
    Refuse,

    /// <summary>The turn and its answer are cut out, and the rest goes on.</summary>
    Replace,
}
