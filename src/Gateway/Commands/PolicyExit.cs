namespace Gateway.Commands;

/// <summary>Exit codes of the policy commands.</summary>
internal static class PolicyExit
{
    public const int Good = 0;

    /// <summary>Files are at fault; verdicts differ.</summary>
    public const int Bad = 1;

    public const int Unreadable = 2;
}
