using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Inspection.Detectors;

/// <summary>
/// What a text has of the characters that personal data is made of, counted in one pass of a few instructions for 32
/// characters: most texts lack what a kind needs at the least, and need not be searched for it.
/// </summary>
internal readonly ref struct PersonalDataSigns
{
    private const int LeastCode = 9; // the shortest run of digits and capitals that a kind asks for
    private const int LongestAddressPart = 4; // digits between two colons

    private const int LeastNumber = 10; // digits of the shortest telephone number without a plus

    private readonly int _digits;
    private readonly int _longestCode;
    private readonly int _longestNumber;
    private readonly bool _hasAt;
    private readonly bool _hasPlus;
    private readonly bool _hasAddress;

    /// <summary>Counts.</summary>
    public PersonalDataSigns(ReadOnlySpan<char> text)
    {
        // 1. Everything that costs one comparison a vector.
        var (digits, at) = (0, 0);
        var (isAt, isPlus, isSeparator) = (Vector512<ushort>.Zero, Vector512<ushort>.Zero, Vector512<ushort>.Zero);
        for (; at <= text.Length - Vector512<ushort>.Count; at += Vector512<ushort>.Count)
        {
            var units = Load(text[at..]);
            digits += BitOperations.PopCount(Vector512.LessThan(units - Vector512.Create((ushort)'0'), Vector512.Create((ushort)10)).ExtractMostSignificantBits());
            isAt |= Vector512.Equals(units, Vector512.Create((ushort)'@'));
            isPlus |= Vector512.Equals(units, Vector512.Create((ushort)'+'));
            isSeparator |= Vector512.Equals(units, Vector512.Create((ushort)'.')) | Vector512.Equals(units, Vector512.Create((ushort)':'));
        }

        var hasSeparator = isSeparator != Vector512<ushort>.Zero;
        (_hasAt, _hasPlus) = (isAt != Vector512<ushort>.Zero, isPlus != Vector512<ushort>.Zero);
        for (; at < text.Length; at++)
        {
            if (char.IsAsciiDigit(text[at])) digits++;
            else if (text[at] == '@') _hasAt = true;
            else if (text[at] == '+') _hasPlus = true;
            else if (text[at] is '.' or ':') hasSeparator = true;
        }

        // 2. What needs a look at some characters one by one.
        _digits = digits;
        _longestCode = LongestCode(text);
        if (digits >= LeastNumber) _longestNumber = LongestNumber(text);
        _hasAddress = hasSeparator && HasAddress(text);
    }

    /// <summary>Whether a text may hold a kind; never no wrongly.</summary>
    /// <param name="kind">One of <see cref="PersonalDataKinds"/>.</param>
    public bool MayHold(string kind) => kind switch
    {
        PersonalDataKinds.Email => _hasAt,
        PersonalDataKinds.IdCard => _digits >= 17 && _longestCode >= 18,
        PersonalDataKinds.CreditCode => _longestCode >= 18,
        PersonalDataKinds.Ip => _hasAddress,
        PersonalDataKinds.Phone => _longestNumber >= LeastNumber || _hasPlus && _digits >= 5,
        PersonalDataKinds.BankCard => _longestNumber >= 13,
        PersonalDataKinds.Passport => _digits >= 7 && _longestCode >= LeastCode,
        _ => true,
    };

    private static Vector512<ushort> Load(ReadOnlySpan<char> text)
    {
        // Personal data was a tenth of a short exchange's time when characters were counted one by one (eng/bench load).
#pragma warning disable RS0030
        return Vector512.Create<ushort>(MemoryMarshal.Cast<char, ushort>(text));
#pragma warning restore RS0030
    }

    /// <summary>The longest run of digits and capitals, if it has nine or more: such a run covers one of every nine places.</summary>
    private static int LongestCode(ReadOnlySpan<char> text)
    {
        var longest = 0;
        for (var at = LeastCode - 1; at < text.Length; at += LeastCode)
        {
            if (!IsCode(text[at])) continue;
            var (start, end) = (at, at + 1);
            while (start > 0 && IsCode(text[start - 1])) start--;
            while (end < text.Length && IsCode(text[end])) end++;
            longest = Math.Max(longest, end - start);
            at = end; // the next run begins behind this one
        }

        return longest;
    }

    /// <summary>The most digits in a row, with what may stand between the digits of a number looked through.</summary>
    private static int LongestNumber(ReadOnlySpan<char> text)
    {
        var longest = 0;
        for (var at = text.IndexOfAnyInRange('0', '9'); at >= 0;)
        {
            var (digits, end) = (0, at);
            for (; end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is ' ' or '-' or '(' or ')'); end++)
            {
                if (char.IsAsciiDigit(text[end])) digits++;
            }

            longest = Math.Max(longest, digits);
            var next = text[end..].IndexOfAnyInRange('0', '9');
            at = next < 0 ? -1 : end + next;
        }

        return longest;
    }

    private static bool IsCode(char unit) => char.IsAsciiDigit(unit) || char.IsAsciiLetterUpper(unit) || unit == 'x';

    /// <summary>Whether two colons, or three dots with digits between them, stand as close as in an address.</summary>
    private static bool HasAddress(ReadOnlySpan<char> text)
    {
        for (var at = Next(text, 0); at >= 0; at = Next(text, at + 1))
        {
            if (text[at] == ':')
            {
                if (EndOfPart(text, at + 1) is var end && end < text.Length && text[end] == ':') return true;
                continue;
            }

            var (dots, dot) = (1, at);
            while (dots < 3 && EndOfPart(text, dot + 1) is var next && next > dot + 1 && next < text.Length && text[next] == '.') (dots, dot) = (dots + 1, next);
            if (dots == 3) return true;
        }

        return false;
    }

    /// <summary>Where up to four hexadecimal digits end.</summary>
    private static int EndOfPart(ReadOnlySpan<char> text, int from)
    {
        var end = from;
        while (end < text.Length && end < from + LongestAddressPart && char.IsAsciiHexDigit(text[end])) end++;
        return end;
    }

    private static int Next(ReadOnlySpan<char> text, int from)
    {
        var found = text[from..].IndexOfAny('.', ':');
        return found < 0 ? -1 : from + found;
    }
}
