using System.Buffers.Binary;

namespace Gateway.Audit.Archive;

/// <summary>One line of a segment's index: what is searched by, and where the entries are. 64 bytes.</summary>
internal readonly record struct IndexRow
{
    /// <summary>Bytes of a row.</summary>
    public const int Length = 64;

    /// <summary>What the row stands for.</summary>
    public required IndexRowKind Kind { get; init; }

    /// <summary>First eight bytes of SHA-256 of the exchange's id.</summary>
    public required ulong IdHash { get; init; }

    /// <summary>When it was opened, UTC ticks.</summary>
    public long Opened { get; init; }

    /// <summary>When it was closed, UTC ticks; for events and deliveries their time.</summary>
    public long Closed { get; init; }

    /// <summary>Number of the open entry; 0 where it is not known.</summary>
    public long OpenSeq { get; init; }

    /// <summary>Number of the close entry, the delivery or the event; 0 for an exchange that is open.</summary>
    public long Seq { get; init; }

    /// <summary>Tenant, user, model, risks, outcome: places in the table of texts, −1 for none.</summary>
    public int Tenant { get; init; }

    /// <inheritdoc cref="Tenant"/>
    public int User { get; init; }

    /// <inheritdoc cref="Tenant"/>
    public int Model { get; init; }

    /// <inheritdoc cref="Tenant"/>
    public int Risks { get; init; }

    /// <inheritdoc cref="Tenant"/>
    public int Outcome { get; init; }

    /// <summary>First letter of the action on the prompt; 0 where there is none.</summary>
    public byte RequestAction { get; init; }

    /// <summary>First letter of the action on the answer; 0 where there is none.</summary>
    public byte ResponseAction { get; init; }

    /// <summary>May be used for training.</summary>
    public bool TrainingUse { get; init; }

    /// <summary>Calendar months the exchange asks to be kept; 0 where it does not ask.</summary>
    public byte Months { get; init; }

    /// <summary>Writes the row.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, IdHash);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Opened);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], Closed);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], OpenSeq);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Seq);
        BinaryPrimitives.WriteInt32LittleEndian(target[40..], Tenant);
        BinaryPrimitives.WriteInt32LittleEndian(target[44..], User);
        BinaryPrimitives.WriteInt32LittleEndian(target[48..], Model);
        BinaryPrimitives.WriteInt32LittleEndian(target[52..], Risks);
        BinaryPrimitives.WriteInt32LittleEndian(target[56..], Outcome);
        target[60] = (byte)((int)Kind | (TrainingUse ? 0x80 : 0));
        target[61] = RequestAction;
        target[62] = ResponseAction;
        target[63] = Months;
    }

    /// <summary>Reads a row.</summary>
    public static IndexRow Read(ReadOnlySpan<byte> source) => new()
    {
        IdHash = BinaryPrimitives.ReadUInt64LittleEndian(source),
        Opened = BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
        Closed = BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
        OpenSeq = BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
        Seq = BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
        Tenant = BinaryPrimitives.ReadInt32LittleEndian(source[40..]),
        User = BinaryPrimitives.ReadInt32LittleEndian(source[44..]),
        Model = BinaryPrimitives.ReadInt32LittleEndian(source[48..]),
        Risks = BinaryPrimitives.ReadInt32LittleEndian(source[52..]),
        Outcome = BinaryPrimitives.ReadInt32LittleEndian(source[56..]),
        Kind = (IndexRowKind)(source[60] & 0x7F),
        TrainingUse = (source[60] & 0x80) != 0,
        RequestAction = source[61],
        ResponseAction = source[62],
        Months = source[63],
    };
}
