using System.Buffers;
using System.Text;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Whether a piece of text stands as a whole word: no letter, digit or underscore joins it on either side. Characters
/// that folding drops (marks, invisible ones) are looked through, a few at most, so that a stream can be judged with little
/// context. Chinese, Japanese and Korean text is written without spaces and joins nothing.
/// </summary>
internal static class WordBoundary
{
    /// <summary>How far a neighbour is looked for, UTF-16 units.</summary>
    public const int Reach = 16;

    /// <summary>Whether a word goes on to the left of a position.</summary>
    public static bool JoinsBefore(ReadOnlySpan<char> text, int start, TextFolder folder)
    {
        if (Rune.DecodeFromUtf16(text[start..], out var edge, out _) == OperationStatus.Done && IsEastAsian(edge.Value)) return false;
        var least = Math.Max(0, start - Reach);
        while (start > least)
        {
            if (Rune.DecodeLastFromUtf16(text[..start], out var rune, out var length) != OperationStatus.Done) return false;
            if (!folder.IsSkipped(rune.Value)) return IsJoining(rune);
            start -= length;
        }

        return false;
    }

    /// <summary>Whether a word goes on to the right of a position; <see langword="null"/> when the text ends before that is known.</summary>
    public static bool? JoinsAfter(ReadOnlySpan<char> text, int end, TextFolder folder)
    {
        if (Rune.DecodeLastFromUtf16(text[..end], out var edge, out _) == OperationStatus.Done && IsEastAsian(edge.Value)) return false;
        var most = end + Reach;
        while (end < text.Length && end < most)
        {
            if (Rune.DecodeFromUtf16(text[end..], out var rune, out var length) != OperationStatus.Done) return false;
            if (!folder.IsSkipped(rune.Value)) return IsJoining(rune);
            end += length;
        }

        return end < most ? null : false;
    }

    /// <summary>
    /// Whether a position is the start of a word spelt with separators: no word joins it, nor does an apostrophe after one (the s of
    /// "it's").
    /// </summary>
    public static bool StartsSpelling(ReadOnlySpan<char> text, int start, TextFolder folder) =>
        !JoinsBefore(text, start, folder)
        && !(start > 1 && text[start - 1] is '\'' or '’' && char.IsLetterOrDigit(text[start - 2]));

    /// <summary>Whether nothing but blanks stands before a position in its line.</summary>
    public static bool StartsLine(ReadOnlySpan<char> text, int start)
    {
        var least = Math.Max(0, start - Reach);
        while (start > least)
        {
            var unit = text[--start];
            if (IsLineEnd(unit)) return true;
            if (!char.IsWhiteSpace(unit)) return false;
        }

        return start == 0;
    }

    /// <summary>Whether nothing but blanks stands behind a position in its line; <see langword="null"/> when the text ends before that is known.</summary>
    public static bool? EndsLine(ReadOnlySpan<char> text, int end)
    {
        var most = end + Reach;
        for (; end < text.Length && end < most; end++)
        {
            if (IsLineEnd(text[end])) return true;
            if (!char.IsWhiteSpace(text[end])) return false;
        }

        return end < most ? null : false;
    }

    /// <summary>Whether a character ends a line.</summary>
    public static bool IsLineEnd(char unit) => unit is >= '\n' and <= '\r' or '\u0085' or '\u2028' or '\u2029';

    private static bool IsJoining(Rune rune) => (Rune.IsLetterOrDigit(rune) || rune.Value == '_') && !IsEastAsian(rune.Value);

    /// <summary>Whether a character belongs to a script that is written without spaces.</summary>
    public static bool IsEastAsian(int code) => code switch
    {
        < 0x1100 => false,
        <= 0x11FF or >= 0x2E80 and <= 0x31FF or >= 0x3400 and <= 0x4DBF or >= 0x4E00 and <= 0x9FFF => true,
        >= 0xE000 and <= 0xE3FF or >= 0xA960 and <= 0xA97F or >= 0xAC00 and <= 0xD7FF or >= 0xF900 and <= 0xFAFF or >= 0xFF66 and <= 0xFFDC => true,
        >= 0x1B000 and <= 0x1B16F or >= 0x20000 and <= 0x3FFFF => true,
        _ => false,
    };
}
