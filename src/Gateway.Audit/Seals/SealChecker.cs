using System.Text;
using System.Text.Json;
using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Seals;

/// <summary>Checks the seals of a chain while it is walked: number, link, head and signature.</summary>
internal sealed class SealChecker
{
    /// <summary>How far behind its own place a seal's head may lie: well beyond a full queue.</summary>
    private const int Remembered = 1 << 16;

    private readonly string _instance;
    private readonly SealKeyRing _ring;
    private readonly byte[] _hashes = new byte[Remembered * EntryHash.Length];
    private long _base;
    private readonly IReadOnlyDictionary<long, SealEntry>? _anchors;
    private long _sequence;

    /// <summary>Starts before the first entry, or where a trimmed journal begins.</summary>
    public SealChecker(string instance, SealKeyRing ring, JournalStart? start = null, IReadOnlyDictionary<long, SealEntry>? anchors = null)
    {
        _anchors = anchors;
        _instance = instance;
        _ring = ring;
        _base = _sequence = start?.Sequence ?? 0;
        Last = start?.Seal;
    }

    /// <summary>The last seal met, or the point of beginning.</summary>
    public SealPoint? Last { get; private set; }

    /// <summary>When the last seal was signed.</summary>
    public string? LastTime { get; private set; }

    /// <summary>Seals met.</summary>
    public long Count { get; private set; }

    /// <summary>Last entry that a seal of a believed key covers, through all that links to it.</summary>
    public long ProvenThrough { get; private set; }

    /// <summary>Seals whose key is not believed.</summary>
    public long Unbelieved { get; private set; }

    /// <summary>Last entry covered by an anchor that agrees.</summary>
    public long AnchoredThrough { get; private set; }

    /// <summary>The anchor that the end of the chain does not reach; <see langword="null"/> where it reaches all.</summary>
    public SealEntry? Unreached => _anchors?.Values.Where(anchor => anchor.Number > (Last?.Number ?? 0)).MinBy(anchor => anchor.Number);

    /// <summary>Key of the last seal, if keys were given and none of them has sealed anything.</summary>
    public string? Stranger => _ring.IsGiven && Unbelieved > 0 && ProvenThrough == 0 ? Last?.KeyId : null;

    /// <summary>Remembers the hash of an entry.</summary>
    public void Remember(long sequence, ReadOnlySpan<byte> hash)
    {
        _sequence = sequence;
        hash.CopyTo(_hashes.AsSpan((int)(sequence % Remembered) * EntryHash.Length));
    }

    /// <summary>Checks a seal that stands at the next place.</summary>
    /// <returns>What is wrong; <see langword="null"/> if nothing is.</returns>
    public (JournalFaultKind Kind, string Message)? Check(ReadOnlySpan<byte> json, long sequence)
    {
        SealEntry? seal;
        try
        {
            seal = JsonSerializer.Deserialize(json, AuditJsonContext.Default.SealEntry);
        }
        catch (JsonException)
        {
            seal = null;
        }

        if (seal is null) return (JournalFaultKind.SealBroken, "the seal cannot be read");
        var number = (Last?.Number ?? 0) + 1;
        if (seal.Number != number) return (JournalFaultKind.SealMissing, $"seal {seal.Number} stands where seal {number} belongs");
        if (Last is not null && seal.PrevSeal != Last.StatementHash) return (JournalFaultKind.SealBroken, $"seal {number} does not link to seal {number - 1}");
        if (Last is null && seal.PrevSeal != Encoding.ASCII.GetString(EntryHash.OfInstance(_instance)))
            return (JournalFaultKind.SealBroken, "the first seal does not link to the instance id");
        if (!IsHead(seal, sequence)) return (JournalFaultKind.SealBroken, $"seal {number} is over another entry {seal.HeadSeq} than the journal holds: entries were replaced");
        switch (_ring.Verify(seal, _instance))
        {
            case true:
                ProvenThrough = seal.HeadSeq;
                break;
            case false:
                return (JournalFaultKind.SealBroken, $"the signature of seal {number} is not that of key {seal.KeyId}");
            case null when ProvenThrough > 0:
                return (JournalFaultKind.SealBroken, $"seal {number} is by key {seal.KeyId}, which no key before it has endorsed");
            default:
                Unbelieved++;
                break;
        }

        if (_anchors is not null && _anchors.TryGetValue(number, out var anchor))
        {
            if (anchor.StatementHash(_instance) != seal.StatementHash(_instance))
            {
                return (JournalFaultKind.AnchorDiffers,
                    $"seal {number} differs from its anchor: entries {(Last?.HeadSeq ?? 0) + 1} to {seal.HeadSeq} were written and sealed anew");
            }

            AnchoredThrough = seal.HeadSeq;
        }

        Count++;
        LastTime = seal.SealedAt;
        Last = new SealPoint(number, seal.HeadSeq, seal.StatementHash(_instance), seal.KeyId, sequence);
        return null;
    }

    /// <summary>Passes over a segment whose entries were deleted: its signed manifest stands for them.</summary>
    public void Skip(Archive.ArchiveManifest manifest)
    {
        _base = _sequence = manifest.Last;
        Last = manifest.Seal ?? Last;
    }

    private bool IsHead(SealEntry seal, long sequence)
    {
        var head = seal.HeadSeq;
        if (head < 0 || head >= sequence || seal.HeadHash.Length != EntryHash.Length) return false;
        if (Last is not null && head < Last.HeadSeq) return false;

        // Before the point a trimmed journal begins at, the archive holds the head.
        if (head <= _base) return _base > 0;
        if (head <= _sequence - Remembered) return false;
        Span<byte> hash = stackalloc byte[EntryHash.Length];
        Encoding.ASCII.GetBytes(seal.HeadHash, hash);
        return _hashes.AsSpan((int)(head % Remembered) * EntryHash.Length, EntryHash.Length).SequenceEqual(hash);
    }
}
