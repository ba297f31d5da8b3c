using System.Buffers;

namespace Gateway.Proxy;

/// <summary>
/// The bytes of a stream that are here: whole events that wait to leave, then what is not yet an event. Events leave in
/// order and unchanged, but for edits (masks, labels). Positions count bytes from the stream's beginning.
/// </summary>
internal sealed class StreamBuffer
{
    private readonly Queue<StreamFrame> _frames = new();
    private readonly List<StreamEdit> _edits = []; // in order, without overlap
    private readonly ArrayBufferWriter<byte> _output = new();

    // [_released, _framed) waits to leave, [_framed, _filled) is not yet a whole event.
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private long _origin;
    private int _released;
    private int _framed;
    private int _filled;

    /// <summary>Events are waiting.</summary>
    public bool IsHolding => _frames.Count > 0;

    /// <summary>Bytes that are not yet a whole event.</summary>
    public ReadOnlySpan<byte> Pending => _buffer.AsSpan(_framed, _filled - _framed);

    /// <summary>Position of the first pending byte.</summary>
    public long PendingStart => _origin + _framed;

    /// <summary>A part of the pending bytes.</summary>
    public ReadOnlyMemory<byte> Slice(int start, int length) => _buffer.AsMemory(_framed + start, length);

    /// <summary>Bytes by their position.</summary>
    public ReadOnlySpan<byte> At(long start, int length) => _buffer.AsSpan((int)(start - _origin), length);

    /// <summary>Room to read into.</summary>
    public Memory<byte> Room()
    {
        if (_released > 0)
        {
            _buffer.AsSpan(_released, _filled - _released).CopyTo(_buffer);
            _origin += _released;
            _framed -= _released;
            _filled -= _released;
            _released = 0;
        }

        if (_buffer.Length - _filled < 2048)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsMemory(_filled);
    }

    public void Filled(int count) => _filled += count;

    /// <summary>The pending bytes begin with an event: it waits from now on.</summary>
    public void Add(in StreamFrame frame)
    {
        _framed += frame.Length;
        _frames.Enqueue(frame);
    }

    /// <summary>Forgets what is pending.</summary>
    public void DropPending() => _filled = _framed;

    /// <summary>Replaces bytes that have not left.</summary>
    public void Replace(in StreamEdit edit)
    {
        var at = _edits.Count;
        while (at > 0 && _edits[at - 1].Start >= edit.Start) at--;

        // A removal swallows what lies inside it, and whatever lies inside one is gone already. What is put in at its end stays.
        if (at > 0 && _edits[at - 1].Start < edit.Start && (_edits[at - 1].End > edit.End || (_edits[at - 1].End == edit.End && edit.End > edit.Start))) return;
        while (at < _edits.Count && _edits[at].End <= edit.End && _edits[at].Start >= edit.Start && edit.End > edit.Start) _edits.RemoveAt(at);
        _edits.Insert(at, edit);
    }

    /// <summary>Looks at the next event that would leave.</summary>
    public bool TryPeek(out StreamFrame frame) => _frames.TryPeek(out frame);

    /// <summary>Lets the next event go; its bytes are in what <see cref="Release"/> returns.</summary>
    /// <returns>Position of its first byte.</returns>
    public long Dequeue()
    {
        var start = _origin + _released;
        _released += _frames.Dequeue().Length;
        return start;
    }

    /// <summary>The bytes that were let go since a position. Valid until more is read or released.</summary>
    public ReadOnlyMemory<byte> Release(long from)
    {
        var end = _origin + _released;
        if (_edits.Count == 0 || _edits[0].Start >= end) return _buffer.AsMemory((int)(from - _origin), (int)(end - from));

        _output.ResetWrittenCount();
        var used = 0;
        foreach (var edit in _edits)
        {
            if (edit.Start >= end) break;
            _output.Write(At(from, (int)(edit.Start - from)));
            _output.Write(edit.Replacement.Span);
            from = edit.End;
            used++;
        }

        _edits.RemoveRange(0, used);
        _output.Write(At(from, (int)(end - from)));
        return _output.WrittenMemory;
    }

    /// <summary>Position past everything that was let go.</summary>
    public long ReleasedEnd => _origin + _released;

    /// <summary>Gives the memory back; not while a read may still write into it.</summary>
    public void Return()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
