using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// JSON values one after the other, as lines (NDJSON) or as the elements of one array. An event is one value, with the
/// comma or bracket before it; white space between values and the bracket at the end are events of their own, without data.
/// </summary>
internal sealed class JsonFraming(bool isArray) : StreamFraming
{
    private int _position; // where reading goes on in the pending bytes
    private int _start = -1; // the value's first byte
    private int _depth;
    private bool _inString;
    private bool _isEscaped;
    private bool _atStreamStart = true;
    private bool _isPastArray;

    public override StreamFormats Format => isArray ? StreamFormats.Array : StreamFormats.Lines;

    public override bool TryRead(ReadOnlySpan<byte> pending, bool atEnd, out int length)
    {
        if (_position == 0)
        {
            Data.Clear();
            Other.Clear();
            IsAmbiguous = false;
        }

        length = 0;
        if (pending.IsEmpty) return false;
        if (_atStreamStart && !SkipMark(pending, atEnd)) return false;

        // 1. What stands before a value: white space leaves at once, a comma or bracket stays with its value.
        while (_start < 0 && _position < pending.Length)
        {
            var next = pending[_position];
            if (next is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                _position++;
                continue;
            }

            if (isArray && !_isPastArray && next == ']')
            {
                _isPastArray = true;
                return Finish(_position + 1, out length);
            }

            if (isArray && !_isPastArray && next is (byte)',' or (byte)'[' && !HasSeparator(pending[.._position]))
            {
                // Everything before the separator has its place already.
                if (_position > 0 && pending[.._position].ContainsAnyExcept(" \t\r\n"u8) is false) return Finish(_position, out length);
                _position++;
                continue;
            }

            _start = _position;
        }

        if (_start < 0)
        {
            // A separator waits for its value; white space alone does not wait.
            if (!atEnd && HasSeparator(pending[.._position])) return false;
            return Finish(pending.Length, out length);
        }

        // 2. White space before a value without a separator is an event of its own.
        if (_start > 0 && !HasSeparator(pending[.._start]))
        {
            var space = _start;
            _start = -1;
            return Finish(space, out length);
        }

        // 3. The value, to its last byte.
        if (!ReadValue(pending))
        {
            if (!atEnd) return false;
            _position = pending.Length;
        }

        Data.Add((_start, _position - _start));
        IsAmbiguous = _isPastArray;
        return Finish(_position, out length);
    }

    private bool SkipMark(ReadOnlySpan<byte> pending, bool atEnd)
    {
        var mark = "\uFEFF"u8;
        if (!atEnd && pending.Length < mark.Length && mark.StartsWith(pending)) return false;
        if (pending.StartsWith(mark)) _position = mark.Length;
        _atStreamStart = false;
        return true;
    }

    private static bool HasSeparator(ReadOnlySpan<byte> before) => before.IndexOfAny((byte)',', (byte)'[') >= 0;

    private bool ReadValue(ReadOnlySpan<byte> pending)
    {
        for (; _position < pending.Length; _position++)
        {
            var next = pending[_position];
            if (_inString)
            {
                if (_isEscaped) _isEscaped = false;
                else if (next == '\\') _isEscaped = true;
                else if (next == '"') _inString = false;
                if (_inString || _depth > 0) continue;
                _position++;
                return true;
            }

            switch (next)
            {
                case (byte)'"':
                    _inString = true;
                    break;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    break;
                case (byte)'}' or (byte)']':
                    if (--_depth > 0) break;
                    // A bracket that nothing opened makes the value unreadable, which its reader will find.
                    _position++;
                    return true;
                case (byte)',' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' when _depth == 0:
                    if (_position == _start) _position++; // a comma where a value should be: unreadable, but read
                    return true;
            }
        }

        return false;
    }

    private bool Finish(int end, out int length)
    {
        length = end;
        _position = 0;
        _start = -1;
        _depth = 0;
        _inString = false;
        _isEscaped = false;
        return true;
    }
}
