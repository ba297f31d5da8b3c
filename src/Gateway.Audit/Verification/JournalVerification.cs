using Gateway.Audit.Journal;
using Gateway.Audit.Seals;

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

    /// <summary>Entries before the first one here, which the archive has taken over; 0 where none were removed.</summary>
    public long Trimmed { get; init; }

    /// <summary>Seals in the chain.</summary>
    public long Seals { get; init; }

    /// <summary>The last seal; <see langword="null"/> where there is none.</summary>
    public SealPoint? LastSeal { get; init; }

    /// <summary>When the last seal was signed.</summary>
    public string? SealedAt { get; init; }

    /// <summary>Last entry covered by a seal whose key is believed; 0 where there is none.</summary>
    public long SealedThrough { get; init; }

    /// <summary>Whether the keys were given from outside; otherwise they were taken from the records themselves.</summary>
    public bool IsKeyGiven { get; init; }

    /// <summary>Last entry covered by an anchor that agrees; 0 where anchors were not asked or there is none.</summary>
    public long AnchoredThrough { get; init; }

    /// <summary>Whether anchors were asked.</summary>
    public bool AreAnchorsChecked { get; init; }

    /// <summary>What is proven, in sentences.</summary>
    public IReadOnlyList<string> Proven { get; init; } = [];

    /// <summary>What is not proven, in sentences.</summary>
    public IReadOnlyList<string> NotProven { get; init; } = [];

    /// <summary>The first bad position of a broken journal.</summary>
    public JournalFault? Fault { get; init; }

    /// <summary>Why an unreadable journal could not be judged.</summary>
    public string? Problem { get; init; }
}
