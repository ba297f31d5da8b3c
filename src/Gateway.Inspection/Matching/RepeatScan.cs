using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Inspection.Matching;

/// <summary>Finds characters that are written several times over: three in a row in an alphabet, two in a row in Chinese.</summary>
internal static class RepeatScan
{
    private const char FirstSyllabic = '\u2E80';

    /// <summary>Whether two characters are the same but for ASCII case.</summary>
    public static bool AreAlike(char left, char right) => left == right || (left ^ right) == 0x20 && char.IsAsciiLetter(left);

    /// <summary>Whether a character stands for a syllable or more, so that two of it in a row can be a spelling of one.</summary>
    public static bool IsSyllabic(char unit) => unit is >= FirstSyllabic and < '\uFF00';

    /// <summary>Finds the next run.</summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where to look from.</param>
    /// <returns>Where the run begins, at <paramref name="from"/> or later; -1 when there is none.</returns>
    public static int IndexOf(ReadOnlySpan<char> text, int from)
    {
        var at = from;
        // The comparison of sixteen characters with their neighbours costs next to nothing; without it this pass would be as
        // dear as the search itself (the benchmark "matcher" measures both). The casts keep it free of unsafe reads.
#pragma warning disable RS0030
        var units = MemoryMarshal.Cast<char, ushort>(text);
#pragma warning restore RS0030
        var (caseBit, first) = (Vector256.Create((ushort)0x20), Vector256.Create((ushort)(FirstSyllabic - 1)));
        for (; at + 18 <= units.Length; at += 16)
        {
            var one = Vector256.Create(units.Slice(at, 16));
            var two = Vector256.Create(units.Slice(at + 1, 16)) | caseBit;
            var three = Vector256.Create(units.Slice(at + 2, 16)) | caseBit;
            var pairs = Vector256.Equals(one | caseBit, two);
            // Blanks, with which lines of code begin, are no run.
            var runs = pairs & (Vector256.Equals(two, three) | Vector256.GreaterThan(one, first)) & ~Vector256.Equals(one, caseBit);
            for (var bits = runs.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                var found = at + BitOperations.TrailingZeroCount(bits);
                if (IsRun(text, found)) return found;
                if (IsSyllabic(text[found]) || IsRepeatable(text[found])) continue;
                // A line drawn with one sign is passed by as a whole.
                var length = text[found..].IndexOfAnyExcept(text[found]);
                if (length < 0) return -1;
                at = found + length - 16;
                break;
            }
        }

        for (; at < text.Length - 1; at++)
            if (IsRun(text, at)) return at;
        return -1;
    }

    /// <summary>Letters, and what stands for them in leetspeak.</summary>
    private static bool IsRepeatable(char unit) => char.IsLetterOrDigit(unit) || unit is '@' or '$' or '!' or '|' or '+';

    private static bool IsRun(ReadOnlySpan<char> text, int at) =>
        AreAlike(text[at], text[at + 1])
        && (IsSyllabic(text[at]) || IsRepeatable(text[at]) && at + 2 < text.Length && AreAlike(text[at + 1], text[at + 2]));
}
