namespace Gateway.Audit.Journal;

/// <summary>Whether a process has a journal open for writing.</summary>
public static class JournalOwnership
{
    /// <summary>Whether the journal is being written.</summary>
    public static bool IsTaken(string directory) => !TryWithout(directory, static () => { });

    /// <summary>Does something while nobody can open the journal.</summary>
    /// <returns><see langword="false"/>, with nothing done, if somebody has it open.</returns>
    public static bool TryWithout(string directory, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        FileStream owned;
        try
        {
            owned = JournalFiles.Lock(directory);
        }
        catch (AuditJournalException)
        {
            return false;
        }

        using (owned) work();
        return true;
    }
}
