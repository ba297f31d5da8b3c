using System.Diagnostics.CodeAnalysis;
using System.Text;
using Gateway.Audit.Verification;

namespace Gateway.Audit.Journal;

/// <summary>
/// Reads entries in order, across segments, also while the journal is being written: when it has caught up it answers
/// "nothing yet" and can be asked again. Each entry's hash is checked. Not safe for several threads.
/// </summary>
public sealed class JournalReader : IDisposable
{
    private readonly string _directory;
    private readonly Func<long> _limit;
    private LineScanner? _lines;
    private string _segment = "";
    private long _segmentFirst;
    private long _next = 1;
    private long _wanted = 1;
    private bool _isPlaced;

    /// <summary>
    /// Opens a journal that this process does not write. Entries may be seen an instant before they are durable. Ask
    /// <see cref="AuditJournal.OpenReader"/> for a reader of durable entries only.
    /// </summary>
    /// <param name="directory">Directory of the journal.</param>
    /// <exception cref="AuditJournalException">There is no journal, or it may not be read.</exception>
    public JournalReader(string directory) : this(directory, RequireInstance(directory), static () => long.MaxValue)
    {
    }

    internal JournalReader(string directory, string instance, Func<long> limit)
    {
        _directory = directory;
        _limit = limit;
        Instance = instance;
    }

    /// <summary>Id of the journal.</summary>
    public string Instance { get; }

    /// <summary>Moves, so that the next entry read is the one after <paramref name="sequence"/>.</summary>
    /// <param name="sequence">A number; 0 for the beginning.</param>
    public void SeekAfter(long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        _lines?.Dispose();
        _lines = null;
        _wanted = sequence + 1;
        _isPlaced = true;
    }

    /// <summary>Reads the next entry.</summary>
    /// <param name="entry">The entry, with bytes of its own.</param>
    /// <returns><see langword="false"/> if there is none yet.</returns>
    /// <exception cref="AuditJournalBrokenException">The entry was altered.</exception>
    /// <exception cref="AuditJournalException">The journal may not be read.</exception>
    public bool TryRead([NotNullWhen(true)] out JournalEntry? entry)
    {
        try
        {
            while (_wanted <= _limit() && (_lines is not null || OpenSegment()))
            {
                if (!TryReadLine(out var line)) break;
                if (_next++ < _wanted) continue;
                _wanted = _next;
                entry = Check(line);
                return true;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AuditJournalException($"The audit journal in {_directory} could not be read: {exception.Message}", exception);
        }

        entry = null;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _lines?.Dispose();

    /// <summary>Id of the journal in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="AuditJournalException">There is no journal, or it may not be read.</exception>
    public static string RequireInstance(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        try
        {
            if (!Directory.Exists(directory)) throw new AuditJournalException($"There is no directory {directory}.");
            return JournalFiles.ReadInstance(directory) ?? throw new AuditJournalException($"There is no audit journal in {directory}.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AuditJournalException($"The audit journal in {directory} could not be read: {exception.Message}", exception);
        }
    }

    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        if (_lines!.TryRead(out line)) return true;
        var following = Path.Combine(_directory, JournalFiles.SegmentName(_next));
        if (_segmentFirst == _next || !File.Exists(following)) return false;

        // The next segment exists, so this one has all its lines; but they may have come after the look at it.
        if (_lines.TryRead(out line)) return true;
        Open(new JournalFiles.Segment(_next, following));
        return _lines.TryRead(out line);
    }

    private bool OpenSegment()
    {
        var segments = JournalFiles.Segments(_directory);
        var index = segments.FindLastIndex(segment => segment.First <= _wanted);
        if (index < 0)
        {
            if (segments.Count == 0) return false;
            if (!_isPlaced)
            {
                // Asked for no place in particular: the first entry that is still here.
                _wanted = segments[0].First;
                Open(segments[0]);
                return true;
            }

            throw new AuditJournalException(
                $"Entry {_wanted} of the journal in {_directory} is no longer there: the archive has taken over the entries before {segments[0].First}. Read it from the archive.");
        }

        Open(segments[index]);
        return true;
    }

    private void Open(JournalFiles.Segment segment)
    {
        _lines?.Dispose();
        _lines = new LineScanner(segment.Path);
        _segment = segment.Name;
        _segmentFirst = _next = segment.First;
    }

    private JournalEntry Check(ReadOnlySpan<byte> line)
    {
        var sequence = _next - 1;
        if (!JournalLine.Verifies(line)
            || !JournalLine.TrySplit(line, out var hash, out var json)
            || !EntryHeader.TryRead(json, out var header)
            || header.Sequence != sequence)
        {
            throw new AuditJournalBrokenException(new JournalFault(
                JournalFaultKind.BytesAltered, _segment, _lines!.Line, _lines.Offset, sequence, "the line was altered or moved"));
        }

        return new JournalEntry(sequence, Encoding.ASCII.GetString(hash), json.ToArray());
    }
}
