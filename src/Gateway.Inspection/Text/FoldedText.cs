namespace Gateway.Inspection.Text;

/// <summary>
/// A folded text with the way back to the original. Reusable: the buffers grow and stay, so that folding in a loop does
/// not allocate. Not safe for several threads.
/// </summary>
public sealed class FoldedText
{
#if DEBUG
    private const int FirstCapacity = 16;
#else
    private const int FirstCapacity = 512;
#endif

    private char[] _symbols = new char[FirstCapacity];
    private int[] _starts = new int[FirstCapacity];
    private int[] _ends = new int[FirstCapacity];

    /// <summary>Number of folded characters.</summary>
    public int Length { get; private set; }

    /// <summary>The folded characters. Valid until the next call that changes this object.</summary>
    public ReadOnlySpan<char> Text => _symbols.AsSpan(0, Length);

    /// <summary>For each folded character, where the original character it came from starts, UTF-16 units; never decreasing.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Length);

    /// <summary>For each folded character, the offset just past the original character it came from, UTF-16 units.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Length);

    /// <summary>Forgets the text, keeping the buffers.</summary>
    public void Clear() => Length = 0;

    /// <summary>Drops all but the last characters, so that a long text can be folded block by block.</summary>
    /// <param name="count">Characters to keep; all are kept when there are fewer.</param>
    /// <returns>How many were dropped.</returns>
    internal int KeepLast(int count)
    {
        var dropped = Math.Max(0, Length - count);
        if (dropped == 0) return 0;
        Length -= dropped;
        _symbols.AsSpan(dropped, Length).CopyTo(_symbols);
        _starts.AsSpan(dropped, Length).CopyTo(_starts);
        _ends.AsSpan(dropped, Length).CopyTo(_ends);
        return dropped;
    }

    /// <summary>Makes room, so that <see cref="Free"/> offers at least so many places.</summary>
    internal void Reserve(int count)
    {
        var needed = Length + count;
        if (needed <= _symbols.Length) return;
        var capacity = Math.Max(needed, _symbols.Length * 2);
        Array.Resize(ref _symbols, capacity);
        Array.Resize(ref _starts, capacity);
        Array.Resize(ref _ends, capacity);
    }

    /// <summary>The unused part of the three buffers, to be written and then taken in with <see cref="Advance"/>.</summary>
    internal void Free(out Span<char> symbols, out Span<int> starts, out Span<int> ends)
    {
        symbols = _symbols.AsSpan(Length);
        starts = _starts.AsSpan(Length);
        ends = _ends.AsSpan(Length);
    }

    internal void Advance(int count) => Length += count;

    internal void Add(char symbol, int start, int end)
    {
        Reserve(1);
        _symbols[Length] = symbol;
        _starts[Length] = start;
        _ends[Length] = end;
        Length++;
    }

    /// <summary>Replaces the last character by one that also covers what follows it (a kana and its voicing mark).</summary>
    internal void ExtendLast(char symbol, int end)
    {
        _symbols[Length - 1] = symbol;
        _ends[Length - 1] = end;
    }
}
