namespace Gateway.Onnx.Features;

/// <summary>
/// Marks ids that came shortly before by their sign: a word said ten times is hardly more harmful than said once. It remembers by the lowest bits of
/// an id, so that it is small and quick; what it thereby forgets is part of the contract with a trained model.
/// </summary>
internal sealed class RepeatedIds(int within)
{
    private const int Remembered = 1 << 13;

    private readonly int[] _ids = new int[Remembered];
    private readonly int[] _positions = new int[Remembered];

    /// <summary>Forgets everything, for another text.</summary>
    public void Clear() => Array.Clear(_ids);

    /// <summary>The id, negative when the same came at most so many ids before.</summary>
    public int Mark(int id, int position)
    {
        var place = id & (Remembered - 1);
        var isRepeated = _ids[place] == id && position - _positions[place] <= within;
        _ids[place] = id;
        _positions[place] = position;
        return isRepeated ? -id : id;
    }
}
