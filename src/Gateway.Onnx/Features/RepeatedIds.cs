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

    /// <summary>Forgets everything, for another text.</summary>
    public void Clear() => Array.Clear(_last);

    /// <summary>The id, negative when the same came at most so many ids before.</summary>
    public int Mark(int id, int position)
    {
        ref var last = ref _last[id & (Remembered - 1)];
        var isRepeated = last.Id == id && position - last.Position <= within;
        last = (id, position);
        return isRepeated ? -id : id;
    }
}
