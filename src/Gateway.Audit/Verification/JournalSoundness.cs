namespace Gateway.Audit.Verification;

/// <summary>What a verification came to.</summary>
public enum JournalSoundness
{
    /// <summary>Everything that is there fits together.</summary>
    Sound,

    /// <summary>Something was altered, removed, added or moved.</summary>
    Broken,

    /// <summary>It could not be judged: no journal, or it may not be read.</summary>
    Unreadable,
}
