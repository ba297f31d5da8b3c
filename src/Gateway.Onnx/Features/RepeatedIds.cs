namespace Gateway.Onnx.Features;

/// <summary>
/// Marks ids that came shortly before by their sign: a word said ten times is hardly more harmful than said once. It remembers by the lowest bits of
/// an id, so that it is small and quick; what it thereby forgets is part of the contract with a trained model.
/// </summary>
internal sealed class RepeatedIds(int within)
{
    private const int Remembered = 1 << 13;

    // Id and position side by side: one place in memory to look at for each id. Id 0 is none.
    private readonly (int Id, int Position)[] _last = new (int, int)[Remembered];

    // Where the text begins among all that were read: clearing 64 KB for each would cost more than its ids do.
    private int _begin, _end;

    /// <summary>Forgets everything, for another text.</summary>
    public void Clear()
    {
        _begin = _end + within + 1;
        _end = _begin;
        if (_begin < int.MaxValue / 2) return;
        Array.Clear(_last);
        (_begin, _end) = (0, 0);
    }

    /// <summary>The id, negative when the same came at most so many ids before.</summary>
    public int Mark(int id, int position)
    {
        ref var last = ref _last[id & (Remembered - 1)];
        _end = _begin + position;
        var isRepeated = last.Id == id && _end - last.Position <= within;
        last = (id, _end);
        return isRepeated ? -id : id;
    }
}
