using Gateway.Audit.Verification;

namespace Gateway.Audit.Journal;

/// <summary>The journal's chain does not hold, so nothing may be appended to it.</summary>
public sealed class AuditJournalBrokenException : AuditJournalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">The first bad position.</param>
    public AuditJournalBrokenException(JournalFault fault) : base(Describe(fault)) => Fault = fault;

    /// <summary>The first bad position.</summary>
    public JournalFault Fault { get; }

    private static string Describe(JournalFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return $"The audit journal is broken: {fault}. Nothing is appended to a broken chain. Keep the directory as it is for the " +
            "auditors (`gateway audit verify` repeats this finding), and start with an empty directory (--audit DIR) or a sound copy.";
    }
}
