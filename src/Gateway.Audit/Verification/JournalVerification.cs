using Gateway.Audit.Journal;

namespace Gateway.Audit.Verification;

/// <summary>What verifying a journal found.</summary>
public sealed record JournalVerification
{
    /// <summary>What it came to.</summary>
    public required JournalSoundness Soundness { get; init; }

    /// <summary>Id of the journal; <see langword="null"/> where it could not be read.</summary>
    public string? Instance { get; init; }

    /// <summary>Entries that fit, up to the first bad position.</summary>
    public long Entries { get; init; }

    /// <summary>Exchanges opened by them.</summary>
    public long Exchanges { get; init; }

    /// <summary>Exchanges without a close.</summary>
    public int OpenExchanges { get; init; }

    /// <summary>The last entry that fits; with sequence 0 the root of the chain.</summary>
    public JournalPosition Last { get; init; }

    /// <summary>Bytes of a last line that was never finished; 0 where there is none.</summary>
    public int TornBytes { get; init; }

    /// <summary>The first bad position of a broken journal.</summary>
    public JournalFault? Fault { get; init; }

    /// <summary>Why an unreadable journal could not be judged.</summary>
    public string? Problem { get; init; }
}
