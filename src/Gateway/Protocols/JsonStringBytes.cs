namespace Gateway.Protocols;

/// <summary>Finds characters in the bytes of a JSON string, escapes and all.</summary>
internal static class JsonStringBytes
{
    /// <summary>The bytes that spell some characters of a string.</summary>
    /// <param name="token">What stands between the quotes, valid JSON.</param>
    /// <param name="start">First character, UTF-16 units.</param>
    /// <param name="end">Past the last character.</param>
    /// <returns>Offsets into <paramref name="token"/>.</returns>
    public static (int Start, int End) RangeOf(ReadOnlySpan<byte> token, int start, int end)
    {
        var (position, character, first) = (0, 0, -1);
        while (position < token.Length && character < end)
        {
            if (first < 0 && character >= start) first = position;
            var (bytes, characters) = UnitAt(token[position..]);
            position += bytes;
            character += characters;
        }

        return (first < 0 ? position : first, position);
    }

    private static (int Bytes, int Characters) UnitAt(ReadOnlySpan<byte> rest) => rest[0] switch
    {
        (byte)'\\' when rest[1] == 'u' => (6, 1),
        (byte)'\\' => (2, 1),
        < 0x80 => (1, 1),
        < 0xE0 => (2, 1),
        < 0xF0 => (3, 1),
        _ => (4, 2),
    };
}
