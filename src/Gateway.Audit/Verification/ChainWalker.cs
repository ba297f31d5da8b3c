using System.Text;
using Gateway.Audit.Journal;
using Gateway.Audit.Seals;

namespace Gateway.Audit.Verification;

/// <summary>
/// Checks lines one after another against the chain. Holds what the next line must fit, and the exchanges that are
/// open; never the journal.
/// </summary>
internal sealed class ChainWalker
{
    private readonly byte[] _hash;
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly SealChecker? _seals;

    /// <summary>Starts before the first entry, or where a trimmed journal begins.</summary>
    public ChainWalker(string instance, JournalStart? start = null, SealChecker? seals = null)
    {
        _hash = start is null ? EntryHash.OfInstance(instance) : Encoding.ASCII.GetBytes(start.Hash);
        Sequence = start?.Sequence ?? 0;
        foreach (var id in start?.Open ?? []) _open.Add(id);
        _seals = seals;
    }

    /// <summary>Number of the last entry that fits; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>Exchanges opened so far.</summary>
    public long Exchanges { get; private set; }

    /// <summary>The last seal that fits, as it stands in the journal; <see langword="null"/> where there was none.</summary>
    public JournalEntry? LastSeal { get; private set; }

    /// <summary>Hash of the last entry that fits, or of the instance id, hex.</summary>
    public ReadOnlySpan<byte> Hash => _hash;

    /// <summary>Ids of exchanges without a close.</summary>
    public HashSet<string> OpenExchanges => _open;

    /// <summary>Checks the next line.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="file">Name of its segment.</param>
    /// <param name="scanner">Where it was read from.</param>
    /// <returns><see langword="null"/> if it fits; then it has been counted.</returns>
    public JournalFault? Check(ReadOnlySpan<byte> line, string file, LineScanner scanner) => Check(line, file, scanner.Line, scanner.Offset);

    /// <summary>Checks the next line.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="file">Name of its file.</param>
    /// <param name="number">Number of the line in it, from 1.</param>
    /// <param name="offset">Its byte offset there.</param>
    /// <returns><see langword="null"/> if it fits; then it has been counted.</returns>
    public JournalFault? Check(ReadOnlySpan<byte> line, string file, long number, long offset)
    {
        var expected = Sequence + 1;
        JournalFault Fault(JournalFaultKind kind, string message) =>
            new(kind, file, number, offset, expected, message);

        if (!JournalLine.Verifies(line))
            return Fault(JournalFaultKind.BytesAltered, "the bytes are not those the hash was made of: the line was altered");
        JournalLine.TrySplit(line, out var hash, out var json);
        if (!EntryHeader.TryRead(json, out var header))
            return Fault(JournalFaultKind.NotAnEntry, "the line is not an entry of this format");
        if (header.Sequence > expected)
        {
            return Fault(JournalFaultKind.Gap, header.Sequence == expected + 1
                ? $"entry {header.Sequence} follows entry {Sequence}: the entry between was removed or moved"
                : $"entry {header.Sequence} follows entry {Sequence}: the entries between were removed or moved");
        }

        if (header.Sequence < expected)
            return Fault(JournalFaultKind.OutOfOrder, $"entry {header.Sequence} follows entry {Sequence}: it was duplicated, inserted or moved");
        if (!header.PreviousHash.SequenceEqual(_hash))
        {
            return Sequence == 0
                ? Fault(JournalFaultKind.WrongFirstLink, "the first entry does not link to the instance id: the beginning or the instance file was replaced")
                : Fault(JournalFaultKind.LinkBroken, $"it does not link to entry {Sequence}: one of the two was replaced");
        }

        if (header.Kind.SequenceEqual("open"u8))
        {
            if (!_open.Add(Encoding.UTF8.GetString(header.Id)))
                return Fault(JournalFaultKind.OpenedTwice, $"exchange {Encoding.UTF8.GetString(header.Id)} is opened while it is open");
            Exchanges++;
        }
        else if (header.Kind.SequenceEqual("close"u8) && !_open.Remove(Encoding.UTF8.GetString(header.Id)))
        {
            return Fault(JournalFaultKind.NotOpen, $"exchange {Encoding.UTF8.GetString(header.Id)} is closed but is not open: closed twice, or never opened");
        }

        else if (header.Kind.SequenceEqual("seal"u8))
        {
            if (_seals?.Check(json, expected) is { } wrong) return Fault(wrong.Kind, wrong.Message);
            LastSeal = new JournalEntry(expected, Encoding.ASCII.GetString(hash), json.ToArray());
        }

        Sequence = expected;
        hash.CopyTo(_hash);
        _seals?.Remember(expected, hash);
        return null;
    }
}
