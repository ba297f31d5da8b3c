namespace Gateway.TestSupport;

/// <summary>Ways to cut bytes into pieces.</summary>
public static class Chunked
{
    /// <summary>Cuts before each of the offsets.</summary>
    public static IReadOnlyList<byte[]> At(byte[] bytes, params int[] offsets)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(offsets);
        var pieces = new List<byte[]>();
        var start = 0;
        foreach (var offset in offsets.Order().Append(bytes.Length))
        {
            if (offset <= start) continue;
            pieces.Add(bytes[start..offset]);
            start = offset;
        }

        return pieces;
    }

    /// <summary>Pieces of one size, the last one shorter.</summary>
    public static IReadOnlyList<byte[]> Every(byte[] bytes, int size)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return At(bytes, [.. Enumerable.Range(1, bytes.Length / size).Select(index => index * size)]);
    }

    /// <summary>Between one and a few dozen cuts at places that the seed decides.</summary>
    public static IReadOnlyList<byte[]> BySeed(byte[] bytes, int seed)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var random = new Random(seed);
        var cuts = new int[random.Next(1, 40)];
        for (var index = 0; index < cuts.Length; index++) cuts[index] = random.Next(1, bytes.Length);
        return At(bytes, cuts);
    }
}
