using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Gateway.Audit.Journal;

/// <summary>
/// Writes the chain: gives entries their numbers and links, makes lines of them, and makes the lines durable. Used by
/// one thread. After any exception it must be abandoned.
/// </summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>A write is not made longer than this unless one entry is.</summary>
    private const int WriteBytes = 1024 * 1024;

    /// <summary>Room for everything in a line but the body: hash, sequence, link, time, punctuation.</summary>
    private const int LineOverhead = 256;

    private readonly string _directory;
    private readonly AuditJournalOptions _options;
    private readonly byte[] _hash;
    private SegmentFile _file;
    private long _durableLength;
    private byte[] _buffer = new byte[64 * 1024];
    private int _used;

    /// <summary>Continues after a verified entry.</summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <param name="options">Limits.</param>
    /// <param name="last">The last entry, or the instance's hash with sequence 0.</param>
    /// <param name="file">The last segment, durable as it is.</param>
    public JournalWriter(string directory, AuditJournalOptions options, JournalPosition last, SegmentFile file)
    {
        _directory = directory;
        _options = options;
        _hash = Encoding.ASCII.GetBytes(last.Hash!);
        _file = file;
        _durableLength = file.Length;
        Sequence = last.Sequence;
    }

    /// <summary>Number of the last entry written; after <see cref="Commit"/> also durable.</summary>
    public long Sequence { get; private set; }

    /// <summary>Bytes of the last commit.</summary>
    public int CommittedBytes => _used;

    /// <summary>Copies the hash of the last entry written.</summary>
    public void CopyHash(Span<byte> target) => _hash.CopyTo(target);

    /// <summary>Makes entries durable with one write and one fsync: as many as fit one write and the segment.</summary>
    /// <param name="entries">What waits.</param>
    /// <param name="from">The first of them to write.</param>
    /// <returns>How many were made durable, at least one.</returns>
    /// <exception cref="IOException">The disk failed; nothing may be claimed of these entries.</exception>
    public int Commit(List<PendingEntry> entries, int from)
    {
        // 1. A full segment is left behind as it is: everything in it is durable.
        if (_file.Length >= _options.SegmentBytes) Roll();

        // 2. Lines, each hashed over the one before.
        _used = 0;
        var next = from;
        do
        {
            AddLine(entries[next++]);
        }
        while (next < entries.Count && _used < WriteBytes && _file.Length + _used < _options.SegmentBytes);

        // 3. To the disk.
        _file.Append(_buffer.AsSpan(0, _used));
        _file.Flush();
        _durableLength = _file.Length;
        return next - from;
    }

    /// <summary>
    /// Gives up after a fault. What may or may not have reached the disk is cut off where that is still possible: after a
    /// failed fsync the system shows pages as written that never were, and a chain continued on them would break
    /// at the next power cut.
    /// </summary>
    public void Abandon()
    {
        try
        {
            if (_file.Length != _durableLength || _used > 0) _file.Truncate(_durableLength);
            _file.Flush();
        }
        catch (IOException)
        {
            // The fault that led here is reported; the tail is judged again when the journal is next opened.
        }
        finally
        {
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Roll()
    {
        var next = _options.Open(Path.Combine(_directory, JournalFiles.SegmentName(Sequence + 1)), 0);
        _file.Dispose();
        _file = next;
        _durableLength = 0;
        _used = 0;
        DirectoryFlush.Flush(_directory);
    }

    // The members in front are digits, hex and a time: they cannot need escaping, and their bytes must be exactly these
    // because everything that follows links to them. Hence plain copying around the encoded body instead of a writer.
    private void AddLine(PendingEntry entry)
    {
        var body = entry.Body;
        var needed = _used + LineOverhead + body.Length;
        if (needed > _buffer.Length) Array.Resize(ref _buffer, Math.Max(needed, Math.Min(_buffer.Length * 2, WriteBytes + LineOverhead)));
        var line = _buffer.AsSpan(_used);
        var json = line[JournalLine.PrefixLength..];

        var length = Put(json, 0, "{\"seq\":"u8);
        Utf8Formatter.TryFormat(Sequence + 1, json[length..], out var digits);
        length = Put(json, length + digits, ",\"prevHash\":\""u8);
        length = Put(json, length, _hash);
        length = Put(json, length, "\",\"time\":\""u8);
        entry.Time.UtcDateTime.TryFormat(json[length..], out var timeLength, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        length = Put(json, length + timeLength, "\","u8);
        length = Put(json, length, body[1..]);
        json[length] = (byte)'\n';

        EntryHash.Write(json[..length], _hash);
        _hash.CopyTo(line);
        line[EntryHash.Length] = (byte)' ';
        _used += JournalLine.PrefixLength + length + 1;
        Sequence++;
    }

    private static int Put(Span<byte> target, int offset, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target[offset..]);
        return offset + bytes.Length;
    }
}
