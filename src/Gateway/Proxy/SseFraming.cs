using System.Text;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// Server-sent events (WHATWG HTML, "Server-sent events"): lines end in LF, CRLF or CR; a blank line ends an event.
/// </summary>
internal sealed class SseFraming : StreamFraming
{
    private int _lineStart;
    private bool _atStreamStart = true;
    private bool _usesBareCr;
    private bool _hasLines;

    public override StreamFormats Format => StreamFormats.Events;

    public override bool TryRead(ReadOnlySpan<byte> pending, bool atEnd, out int length)
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

        if (IsData(line))
        {
            var skip = line.Length == 4 ? 4 : line.Length > 5 && line[5] == ' ' ? 6 : 5;
            Data.Add((start + skip, line.Length - skip));
        }
        else
        {
            Other.Add((start, line.Length));
            IsAmbiguous |= IsNearlyData(line);
        }
    }

    /// <summary>A line of data.</summary>
    public static bool IsData(ReadOnlySpan<byte> line) => line.StartsWith("data"u8) && (line.Length == 4 || line[4] == ':');

    /// <summary>Data to a reader that trims lines or does not mind how names are cased; there are such.</summary>
    private static bool IsNearlyData(ReadOnlySpan<byte> line)
    {
        line = line.TrimStart("\u0000\u0009\u000B\u000C\u0020\u00A0\uFEFF"u8);
        return line.Length >= 4 && Ascii.EqualsIgnoreCase(line[..4], "data"u8) && (line.Length == 4 || line[4] is (byte)':' or (byte)' ' or (byte)'\t');
    }

    private void Finish()
    {
        _lineStart = 0;
        _hasLines = false;
        _atStreamStart = false;
    }

    private void Reset()
    {
        Data.Clear();
        Other.Clear();
        IsAmbiguous = false;
    }
}
