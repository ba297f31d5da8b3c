namespace Gateway.Commands;

/// <summary>Exit codes of the audit commands.</summary>
internal static class AuditExit
{
    /// <summary>Sound, or found.</summary>
    public const int Good = 0;

    /// <summary>Broken, or not found.</summary>
    public const int Bad = 1;

    /// <summary>Could not be judged: no journal, not readable, or altered where it was read.</summary>
    public const int Unreadable = 2;
}
