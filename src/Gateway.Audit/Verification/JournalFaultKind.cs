namespace Gateway.Audit.Verification;

/// <summary>What is wrong at a position of the journal.</summary>
public enum JournalFaultKind
{
    /// <summary>The instance file was removed or does not hold an id.</summary>
    InstanceAltered,

    /// <summary>The bytes of the line are not those its hash was made of.</summary>
    BytesAltered,

    /// <summary>The line verifies but is not an entry of this format.</summary>
    NotAnEntry,

    /// <summary>The first entry does not link to the instance id: the beginning or the instance file was replaced.</summary>
    WrongFirstLink,

    /// <summary>The entry does not link to the one before it: one of the two was replaced.</summary>
    LinkBroken,

    /// <summary>Entries are missing before this one: removed, or moved to a later place.</summary>
    Gap,

    /// <summary>An entry that was here before, or that belongs earlier: duplicated, inserted or reordered.</summary>
    OutOfOrder,

    /// <summary>A segment file is missing, or its name does not fit its place.</summary>
    MissingSegment,

    /// <summary>A segment that is not the last ends in mid-line.</summary>
    CutSegment,

    /// <summary>A line longer than any entry may be.</summary>
    LineTooLong,

    /// <summary>An exchange was opened while it was already open.</summary>
    OpenedTwice,

    /// <summary>An exchange was closed that was not open: closed twice, or never opened.</summary>
    NotOpen,

    /// <summary>A seal does not fit: its link, its head or its signature.</summary>
    SealBroken,

    /// <summary>A seal is missing before this one.</summary>
    SealMissing,

    /// <summary>The chain differs from a seal that was anchored elsewhere: it was written and sealed anew.</summary>
    AnchorDiffers,

    /// <summary>The chain ends before a seal that was anchored elsewhere: it was cut off.</summary>
    AnchorMissing,
}
