using Gateway.Audit.Journal;
using Gateway.Audit.Records;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Verification;

/// <summary>Walks all segments of a journal in order up to the first bad position. Recovery and verifier are both this walk.</summary>
internal sealed class JournalWalk
{
    private const int MostLooks = 1000;

    private readonly List<JournalFiles.Segment> _segments;

    /// <summary>Prepares the walk over the segments that exist now.</summary>
    public JournalWalk(string directory, string instance, SealKeyRing? ring = null, IReadOnlyDictionary<long, SealEntry>? anchors = null)
    {
        _segments = JournalFiles.Segments(directory);
        Start = JournalStart.Read(directory);

        // Removing segments was interrupted: what lies wholly before the base is the archive's.
        if (Start is not null) _segments.RemoveAll(segment => segment.First <= Start.Sequence && _segments.Exists(other => other.First == Start.Sequence + 1));
        Seals = ring is null ? null : new SealChecker(instance, ring, Start, anchors);
        Chain = new ChainWalker(instance, Start, Seals);
    }

    /// <summary>Where the journal begins; <see langword="null"/> at its first entry.</summary>
    public JournalStart? Start { get; }

    /// <summary>The check of the seals, where a ring of keys was given.</summary>
    public SealChecker? Seals { get; }

    /// <summary>The chain as far as it was walked.</summary>
    public ChainWalker Chain { get; }

    /// <summary>Bytes of whole lines walked, all segments together.</summary>
    public long Bytes { get; private set; }

    /// <summary>The last segment; <see langword="null"/> before the walk.</summary>
    public string? LastSegment { get; private set; }

    /// <summary>Bytes of whole lines in the last segment.</summary>
    public long LastSegmentBytes { get; private set; }

    /// <summary>Bytes after the last whole line: an append that was interrupted.</summary>
    public byte[] TornTail { get; private set; } = [];

    /// <summary>Walks.</summary>
    /// <returns>The first bad position; <see langword="null"/> if there is none.</returns>
    public JournalFault? Walk(CancellationToken cancellationToken)
    {
        if (_segments.Count == 0)
            return Missing(JournalFiles.SegmentName(Chain.Sequence + 1), "the first segment is missing");
        for (var index = 0; index < _segments.Count; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var segment = _segments[index];
            if (segment.First != Chain.Sequence + 1) return Misplaced(segment);
            var fault = WalkSegment(segment, isLast: index == _segments.Count - 1, cancellationToken);
            if (fault is not null) return fault;
        }

        if (Seals?.Stranger is { } stranger)
        {
            return new JournalFault(
                JournalFaultKind.SealBroken, Path.GetFileName(LastSegment!), 0, LastSegmentBytes, Chain.Sequence,
                $"every seal is by key {stranger} or others, none by a given key: it is the wrong key, or the journal was sealed anew");
        }

        // A seal that is known elsewhere and not here: the end was cut off.
        return Seals?.Unreached is { } anchor
            ? new JournalFault(
                JournalFaultKind.AnchorMissing, Path.GetFileName(LastSegment!), 0, LastSegmentBytes, Chain.Sequence + 1,
                $"the journal ends at entry {Chain.Sequence}, but seal {anchor.Number} over entry {anchor.HeadSeq} is anchored: the end was cut off")
            : null;
    }

    private JournalFault? WalkSegment(JournalFiles.Segment segment, bool isLast, CancellationToken cancellationToken)
    {
        using var lines = new LineScanner(segment.Path);
        JournalFault AtEnd(JournalFaultKind kind, string message) =>
            new(kind, segment.Name, lines.Line + 1, lines.NextOffset, Chain.Sequence + 1, message);

        byte[]? rest;
        for (var look = 0; ; look++)
        {
            while (lines.TryRead(out var line))
            {
                if ((lines.Line & 0xFFFF) == 0) cancellationToken.ThrowIfCancellationRequested();
                if (Chain.Check(line, segment.Name, lines) is { } fault) return fault;
            }

            if (lines.IsLineTooLong) return AtEnd(JournalFaultKind.LineTooLong, "a line longer than any entry: the file was altered");
            rest = lines.ReadRest();
            if (rest is null) return AtEnd(JournalFaultKind.BytesAltered, "the file goes on without entries: it was altered");

            // A whole line now, where there was none a moment ago: the journal is being written. Look again.
            if (look == MostLooks || !(rest.Length > 0 && rest[0] != 0 && rest.AsSpan().Contains((byte)'\n'))) break;
        }

        if (!isLast && rest.Length > 0) return AtEnd(JournalFaultKind.CutSegment, "the segment ends in mid-line although others follow");

        // A whole entry and then something that is no line feed is not an interrupted append: those are prefixes of a line.
        if (rest.Length > 1 && JournalLine.Verifies(rest.AsSpan(0, rest.Length - 1)))
            return AtEnd(JournalFaultKind.BytesAltered, "the line feed after the entry was altered");
        if (HoldsEntry(rest)) return AtEnd(JournalFaultKind.BytesAltered, "the bytes of an entry are gone although whole entries follow");

        Bytes += lines.NextOffset;
        LastSegment = segment.Path;
        LastSegmentBytes = lines.NextOffset;
        TornTail = isLast ? rest : [];
        return null;
    }

    /// <summary>True when a whole entry stands among bytes that should hold none.</summary>
    private static bool HoldsEntry(ReadOnlySpan<byte> rest)
    {
        while (rest.IndexOf((byte)'\n') is var end and >= 0)
        {
            if (JournalLine.Verifies(rest[..end].TrimStart((byte)0))) return true;
            rest = rest[(end + 1)..];
        }

        return false;
    }

    private JournalFault Misplaced(JournalFiles.Segment segment)
    {
        var expected = Chain.Sequence + 1;
        return segment.First > expected
            ? Missing(JournalFiles.SegmentName(expected), $"entries {expected} to {segment.First - 1} are missing: a segment was removed or cut ({segment.Name} follows)")
            : Missing(segment.Name, $"the segment's name says entry {segment.First}, but its place is that of entry {expected}");
    }

    private JournalFault Missing(string file, string message) =>
        new(JournalFaultKind.MissingSegment, file, 0, 0, Chain.Sequence + 1, message);
}
