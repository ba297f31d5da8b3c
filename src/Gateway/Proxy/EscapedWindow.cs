using System.Globalization;

namespace Gateway.Proxy;

/// <summary>
/// JSON inside a string: arguments of a tool are JSON text, so a word in them may be spelled in <c>\uXXXX</c> escapes that
/// only the tool undoes. Undoes them in a window of a stream, keeping where each character came from.
/// </summary>
internal static class EscapedWindow
{
    /// <summary>Characters of an escape.</summary>
    public const int EscapeLength = 6;

    /// <summary>Undoes the escapes of a window.</summary>
    /// <param name="text">The window.</param>
    /// <param name="isFinal">Nothing follows.</param>
    /// <param name="decoded">The characters, and the offset in <paramref name="text"/> of each.</param>
    /// <param name="unfinished">Characters at the end that may become an escape.</param>
    /// <returns>True when there was an escape.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, bool isFinal, out (char[] Text, int[] Origins) decoded, out int unfinished)
    {
        unfinished = 0;
        decoded = default;
        var characters = new List<char>();
        var origins = new List<int>();
        var found = false;
        for (var position = 0; position < text.Length;)
        {
            var rest = text[position..];
            if (rest[0] == '\\')
            {
                if (!isFinal && IsBeginning(rest))
                {
                    unfinished = rest.Length;
                    break;
                }

                if (rest.Length >= EscapeLength && rest[1] == 'u'
                    && ushort.TryParse(rest.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
                {
                    characters.Add((char)unit);
                    origins.Add(position);
                    position += EscapeLength;
                    found = true;
                    continue;
                }
            }

            characters.Add(rest[0]);
            origins.Add(position++);
        }

        if (!found) return false;
        if (!isFinal && char.IsHighSurrogate(characters[^1]))
        {
            // Half a character: the other half is the next escape.
            unfinished = text.Length - origins[^1];
            characters.RemoveAt(characters.Count - 1);
            origins.RemoveAt(origins.Count - 1);
        }

        origins.Add(text.Length - unfinished);
        decoded = ([.. characters], [.. origins]);
        return true;
    }

    private static bool IsBeginning(ReadOnlySpan<char> rest)
    {
        if (rest.Length >= EscapeLength || (rest.Length > 1 && rest[1] != 'u')) return false;
        for (var i = 2; i < rest.Length; i++)
        {
            if (!char.IsAsciiHexDigit(rest[i])) return false;
        }

        return true;
    }
}
