namespace Gateway.Audit.Verification;

/// <summary>What verifying an archive found.</summary>
public sealed record ArchiveVerification
{
    /// <summary>What it came to.</summary>
    public required JournalSoundness Soundness { get; init; }

    /// <summary>Id of the journal.</summary>
    public required string Instance { get; init; }

    /// <summary>Segments that fit.</summary>
    public int Segments { get; init; }

    /// <summary>Segments whose entries were deleted at the end of their retention; their manifests remain.</summary>
    public int Deleted { get; init; }

    /// <summary>Entries read.</summary>
    public long Entries { get; init; }

    /// <summary>Bytes of lines read.</summary>
    public long Bytes { get; init; }

    /// <summary>Last entry of the archive.</summary>
    public long Last { get; init; }

    /// <summary>Seals in it.</summary>
    public long Seals { get; init; }

    /// <summary>Whether the keys were given from outside.</summary>
    public bool IsKeyGiven { get; init; }

    /// <summary>The first bad position.</summary>
    public JournalFault? Fault { get; init; }

    /// <summary>Why it could not be judged.</summary>
    public string? Problem { get; init; }

    /// <summary>What is proven, in sentences.</summary>
    public IReadOnlyList<string> Proven { get; init; } = [];

    /// <summary>What is not proven, in sentences.</summary>
    public IReadOnlyList<string> NotProven { get; init; } = [];
}
