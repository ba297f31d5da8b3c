namespace Gateway.Protocols;

/// <summary>The last few byte strings that were met: constants of a protocol come again and again, and once is enough to look at them.</summary>
internal sealed class RecentValues
{
    private const int Kept = 16;

    private readonly byte[] _bytes = new byte[Kept * JsonTextScanner.StructuralBytes];
    private readonly int[] _lengths = new int[Kept];
    private int _count;

    /// <summary>Takes a string of at most <see cref="JsonTextScanner.StructuralBytes"/>.</summary>
    /// <returns>False when it is there already.</returns>
    public bool TryAdd(ReadOnlySpan<byte> value)
    {
        for (var i = 0; i < Math.Min(_count, Kept); i++)
        {
            if (value.SequenceEqual(_bytes.AsSpan(i * JsonTextScanner.StructuralBytes, _lengths[i]))) return false;
        }

        var at = _count++ % Kept;
        value.CopyTo(_bytes.AsSpan(at * JsonTextScanner.StructuralBytes));
        _lengths[at] = value.Length;
        return true;
    }

    public void Clear() => _count = 0;
}
