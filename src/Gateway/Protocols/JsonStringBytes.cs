using System.Buffers.Text;
using System.Text;

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

    /// <summary>Whether an escape of it may spell half a character.</summary>
    /// <param name="token">What stands between the quotes.</param>
    public static bool MayHoldHalves(ReadOnlySpan<byte> token) => token.IndexOf("\\ud"u8) >= 0 || token.IndexOf("\\uD"u8) >= 0;

    /// <summary>The characters of a string, halves that stand alone included.</summary>
    /// <param name="token">What stands between the quotes, valid JSON and valid UTF-8.</param>
    /// <param name="characters">Room for as many characters as there are bytes.</param>
    /// <returns>How many there are.</returns>
    public static int Unescape(ReadOnlySpan<byte> token, Span<char> characters)
    {
        var length = 0;
        while (token.IndexOf((byte)'\\') is var escape and >= 0)
        {
            length += Encoding.UTF8.GetChars(token[..escape], characters[length..]);
            var letter = (char)token[escape + 1];
            if (letter == 'u') _ = Utf8Parser.TryParse(token.Slice(escape + 2, 4), out ushort unit, out _, 'x') ? characters[length++] = (char)unit : default;
            else characters[length++] = letter switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => letter };
            token = token[(escape + (letter == 'u' ? 6 : 2))..];
        }

        return length + Encoding.UTF8.GetChars(token, characters[length..]);
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
