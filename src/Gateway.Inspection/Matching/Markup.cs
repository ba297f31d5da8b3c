using System.Buffers;

namespace Gateway.Inspection.Matching;

/// <summary>Finds tags, comments and character references: what a browser or a chat window does not show between two letters.</summary>
internal static class Markup
{
    /// <summary>Longest token looked for, UTF-16 units; anything longer is text.</summary>
    public const int LongestToken = 128;

    /// <summary>What every token begins with.</summary>
    public static readonly SearchValues<char> Openings = SearchValues.Create("<&");

    /// <summary>The end of the token that begins at a position.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where a character of <see cref="Openings"/> stands.</param>
    /// <returns>The offset past the token; 0 when none begins there; -1 when the text ends before that is known.</returns>
    public static int EndOf(ReadOnlySpan<char> text, int start)
    {
        var rest = text[start..Math.Min(text.Length, start + LongestToken)];
        var length = rest[0] == '<' ? LengthOfTag(rest) : LengthOfReference(rest);
        if (length < 0) return start + rest.Length == text.Length && rest.Length < LongestToken ? -1 : 0;
        return length == 0 ? 0 : start + length;
    }

    private static int LengthOfTag(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2) return -1;
        if (rest[1] is '!')
        {
            if (rest.Length < 4 && "<!--".AsSpan().StartsWith(rest)) return -1;
            if (rest.StartsWith("<!--"))
            {
                var end = rest[4..].IndexOf("-->");
                return end < 0 ? -1 : end + 7;
            }
        }

        var name = rest[1] is '/' ? 2 : 1;
        if (rest.Length <= name) return -1;
        if (!char.IsAsciiLetter(rest[name])) return 0;
        var stop = rest[name..].IndexOfAny('<', '>');
        if (stop < 0) return -1;
        return rest[name + stop] == '>' ? name + stop + 1 : 0;
    }

    private static int LengthOfReference(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2) return -1;
        var isNumber = rest[1] == '#';
        var isHex = isNumber && rest.Length > 2 && rest[2] is 'x' or 'X';
        var first = isHex ? 3 : isNumber ? 2 : 1;
        for (var i = first; i < rest.Length && i < first + 10; i++)
        {
            if (rest[i] == ';') return i > first ? i + 1 : 0;
            var fits = isHex ? char.IsAsciiHexDigit(rest[i]) : isNumber ? char.IsAsciiDigit(rest[i]) : char.IsAsciiLetterOrDigit(rest[i]);
            if (!fits) return 0;
        }

        return rest.Length < first + 10 ? -1 : 0;
    }
}
