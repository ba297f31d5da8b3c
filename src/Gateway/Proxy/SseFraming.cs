namespace Gateway.Proxy;

/// <summary>
/// Finds the events of a server-sent event stream in a growing buffer (WHATWG HTML, "Server-sent events"): lines end in
/// LF, CRLF or CR; a blank line ends an event. Bytes are never changed or dropped, so an allowed stream stays what it was.
/// </summary>
internal sealed class SseFraming
{
    private readonly List<(int Start, int Length)> _data = [];
    private readonly List<(int Start, int Length)> _other = [];
    private int _lineStart;
    private bool _atStreamStart = true;
    private bool _usesBareCr;
    private bool _hasLines;

    /// <summary>The values of the current event's data lines, as ranges of the bytes given to <see cref="TryRead"/>.</summary>
    public IReadOnlyList<(int Start, int Length)> Data => _data;

    /// <summary>Its other lines that are not empty: comments, event names, ids.</summary>
    public IReadOnlyList<(int Start, int Length)> Other => _other;

    /// <summary>Reads one event.</summary>
    /// <param name="pending">All bytes since the end of the last event. Grows from call to call until an event is found.</param>
    /// <param name="atEnd">No byte will follow: what is there is the last event, blank line or not.</param>
    /// <param name="length">Bytes of the event, its blank line included.</param>
    /// <returns>False when more bytes are needed.</returns>
    public bool TryRead(ReadOnlySpan<byte> pending, bool atEnd, out int length)
    {
        if (_lineStart == 0 && !_hasLines) Reset();
        length = 0;
        while (_lineStart < pending.Length)
        {
            var rest = pending[_lineStart..];
            var lineLength = rest.IndexOfAny((byte)'\r', (byte)'\n');
            if (lineLength < 0) break;

            var terminator = 1;
            if (rest[lineLength] == '\r')
            {
                if (lineLength + 1 < rest.Length)
                {
                    if (rest[lineLength + 1] == '\n') terminator = 2;
                    else _usesBareCr = true;
                }
                else if (!atEnd && !_usesBareCr)
                {
                    // The LF of a CRLF may still come. Waiting keeps what is released independent of how the bytes were cut.
                    return false;
                }
            }

            var next = _lineStart + lineLength + terminator;
            if (lineLength == 0)
            {
                length = next;
                Finish();
                return true;
            }

            TakeLine(pending, _lineStart, lineLength);
            _lineStart = next;
        }

        if (!atEnd || pending.Length == 0) return false;
        if (_lineStart < pending.Length) TakeLine(pending, _lineStart, pending.Length - _lineStart);
        length = pending.Length;
        Finish();
        return true;
    }

    private void TakeLine(ReadOnlySpan<byte> pending, int start, int length)
    {
        _hasLines = true;
        var line = pending.Slice(start, length);
        if (_atStreamStart)
        {
            _atStreamStart = false;
            if (line.StartsWith("\uFEFF"u8))
            {
                start += 3;
                line = line[3..];
            }
        }

        if (line.StartsWith("data"u8) && (line.Length == 4 || line[4] == ':'))
        {
            var skip = line.Length == 4 ? 4 : line.Length > 5 && line[5] == ' ' ? 6 : 5;
            _data.Add((start + skip, line.Length - skip));
        }
        else
        {
            _other.Add((start, line.Length));
        }
    }

    private void Finish()
    {
        _lineStart = 0;
        _hasLines = false;
        _atStreamStart = false;
    }

    private void Reset()
    {
        _data.Clear();
        _other.Clear();
    }
}
