using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Inspection.Text;

/// <summary>
/// Finds text inside text: runs in base64 or hexadecimal, and characters written as <c>%E6%B3%95</c>, <c>&amp;#27861;</c>,
/// <c>\u6cd5</c> or <c>\x68</c>. What does not decode to readable UTF-8 is not text: pictures and keys decode to nothing.
/// </summary>
internal static class EncodedText
{
    private const int LeastRun = 12;
    private const int BlockLength = 64;
    private const int MostRun = 1 << 16;
    private const int MostReadable = 1 << 20;

    private static readonly SearchValues<char> Escapes = SearchValues.Create("%&\\");
    private static readonly SearchValues<char> RunCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");

    /// <summary>A decoded piece.</summary>
    /// <param name="Start">Where it stood.</param>
    /// <param name="End">Past where it stood.</param>
    /// <param name="Text">What it says.</param>
    /// <param name="Offsets">For each decoded character, and the end, where it stood; <see langword="null"/> when only the whole has a place.</param>
    internal readonly record struct Piece(int Start, int End, string Text, int[]? Offsets);

    /// <summary>Finds what can be decoded.</summary>
    /// <param name="text">The text.</param>
    /// <param name="pieces">Takes the pieces.</param>
    public static void Find(ReadOnlySpan<char> text, List<Piece> pieces)
    {
        if (text.Length > MostReadable) text = text[..MostReadable];
        FindEscapes(text, pieces);
        FindRuns(text, pieces);
    }

    private static void FindEscapes(ReadOnlySpan<char> text, List<Piece> pieces)
    {
        var next = text.IndexOfAny(Escapes);
        if (next < 0) return;
        StringBuilder? decoded = null;
        List<int>? offsets = null;
        var copied = 0;
        Span<char> characters = stackalloc char[2];
        while (next >= 0)
        {
            if (TryEscape(text[next..], characters, out var written, out var length))
            {
                decoded ??= new StringBuilder(text.Length);
                offsets ??= new List<int>(text.Length + 1);
                for (; copied < next; copied++) Add(decoded, offsets, text[copied], copied);
                for (var i = 0; i < written; i++) Add(decoded, offsets, characters[i], next);
                copied = next + length;
            }

            var from = Math.Max(copied, next + 1);
            var further = text[from..].IndexOfAny(Escapes);
            next = further < 0 ? -1 : from + further;
        }

        if (decoded is null || offsets is null) return;
        for (; copied < text.Length; copied++) Add(decoded, offsets, text[copied], copied);
        offsets.Add(text.Length);
        pieces.Add(new Piece(0, text.Length, decoded.ToString(), [.. offsets]));
    }

    private static void Add(StringBuilder decoded, List<int> offsets, char character, int offset)
    {
        decoded.Append(character);
        offsets.Add(offset);
    }

    private static bool TryEscape(ReadOnlySpan<char> text, Span<char> characters, out int written, out int length)
    {
        (written, length) = (0, 0);
        if (text.Length < 3) return false;
        if (text[0] == '\\') return TryBackslash(text, characters, out written, out length);
        if (text[0] == '%') return TryPercent(text, characters, out written, out length);
        if (text[1] != '#') return false;
        var isHex = text[2] is 'x' or 'X';
        var digits = text[(isHex ? 3 : 2)..];
        var count = 0;
        while (count < digits.Length && count < 7 && (isHex ? char.IsAsciiHexDigit(digits[count]) : char.IsAsciiDigit(digits[count]))) count++;
        if (count == 0 || !int.TryParse(digits[..count], isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            || !Rune.TryCreate(code, out var rune)) return false;
        length = (isHex ? 3 : 2) + count;
        if (length < text.Length && text[length] == ';') length++;
        written = rune.EncodeToUtf16(characters);
        return true;
    }

    private static bool TryBackslash(ReadOnlySpan<char> text, Span<char> characters, out int written, out int length)
    {
        (written, length) = (1, 0);
        var digits = text[1] switch { 'u' => 4, 'x' => 2, _ => 0 };
        if (digits == 0 || text.Length < 2 + digits
            || !ushort.TryParse(text.Slice(2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)) return false;
        characters[0] = (char)unit;
        length = 2 + digits;
        return true;
    }

    private static bool TryPercent(ReadOnlySpan<char> text, Span<char> characters, out int written, out int length)
    {
        (written, length) = (0, 0);
        Span<byte> bytes = stackalloc byte[4];
        for (var count = 0; count < 4 && text.Length >= count * 3 + 3 && text[count * 3] == '%'; count++)
        {
            if (!byte.TryParse(text.Slice(count * 3 + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[count])) return false;
            if (Rune.DecodeFromUtf8(bytes[..(count + 1)], out var rune, out _) != OperationStatus.Done) continue;
            length = count * 3 + 3;
            written = rune.EncodeToUtf16(characters);
            return true;
        }

        return false;
    }

    private static void FindRuns(ReadOnlySpan<char> text, List<Piece> pieces)
    {
        for (var at = 0; at < text.Length;)
        {
            var start = IndexOfRun(text, at);
            if (start < 0) return;
            var length = text[start..].IndexOfAnyExcept(RunCharacters);
            at = length < 0 ? text.Length : start + length;
            if (at - start <= MostRun && TryRun(text[start..at], out var decoded)) pieces.Add(new Piece(start, PastPadding(text, at), decoded, null));
        }
    }

    /// <summary>The next place where <see cref="LeastRun"/> characters of a run stand in a row; it is the first of the run.</summary>
    private static int IndexOfRun(ReadOnlySpan<char> text, int from)
    {
        // One bit a character, 64 at a time, overlapping so that no run is cut: a few instructions a character would make this
        // pass as dear as the search for terms itself. The cast keeps it free of unsafe reads.
#pragma warning disable RS0030
        var units = MemoryMarshal.Cast<char, ushort>(text);
#pragma warning restore RS0030
        var at = from;
        for (; at + BlockLength <= units.Length; at += BlockLength - LeastRun + 1)
        {
            ulong bits = 0;
            for (var i = 0; i < BlockLength; i += 16)
                bits |= (ulong)RunBits(Vector256.Create(units.Slice(at + i, 16))) << i;
            bits &= bits >> 1;
            bits &= bits >> 2;
            bits &= bits >> 4;
            bits &= bits >> 4;
            if (bits != 0) return at + BitOperations.TrailingZeroCount(bits);
        }

        var count = 0;
        for (; at < text.Length; at++)
        {
            count = RunCharacters.Contains(text[at]) ? count + 1 : 0;
            if (count == LeastRun) return at - LeastRun + 1;
        }

        return -1;
    }

    private static uint RunBits(Vector256<ushort> units)
    {
        var letters = Vector256.LessThan((units | Vector256.Create((ushort)0x20)) - Vector256.Create((ushort)'a'), Vector256.Create((ushort)26));
        // The slash stands right before the digits.
        var digits = Vector256.LessThan(units - Vector256.Create((ushort)'/'), Vector256.Create((ushort)11));
        var signs = Vector256.Equals(units, Vector256.Create((ushort)'+')) | Vector256.Equals(units, Vector256.Create((ushort)'-'))
            | Vector256.Equals(units, Vector256.Create((ushort)'_'));
        return (letters | digits | signs).ExtractMostSignificantBits();
    }

    private static int PastPadding(ReadOnlySpan<char> text, int end)
    {
        for (var i = 0; i < 2 && end < text.Length && text[end] == '='; i++) end++;
        return end;
    }

    private static bool TryRun(ReadOnlySpan<char> run, out string decoded)
    {
        decoded = "";
        var (hasUpper, hasLower, hasDigit) = (run.ContainsAnyInRange('A', 'Z'), run.ContainsAnyInRange('a', 'z'), run.ContainsAnyInRange('0', '9'));
        // Words are not codes: of one case and without a digit.
        if (!hasDigit && !(hasUpper && hasLower)) return false;
        var bytes = ArrayPool<byte>.Shared.Rent(run.Length);
        try
        {
            var count = 0;
            if (run.Length % 2 == 0 && run.IndexOfAnyExcept(HexDigits) < 0
                && Convert.FromHexString(run, bytes, out _, out count) == OperationStatus.Done && IsReadable(bytes.AsSpan(0, count), out decoded)) return true;
            return run.Length % 4 != 1 && TryBase64(run, bytes, out count) && IsReadable(bytes.AsSpan(0, count), out decoded);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private static bool TryBase64(ReadOnlySpan<char> run, Span<byte> bytes, out int count)
    {
        // Both alphabets, padded or not.
        count = 0;
        var padded = ArrayPool<char>.Shared.Rent(run.Length + 3);
        try
        {
            run.CopyTo(padded);
            padded.AsSpan(0, run.Length).Replace('-', '+');
            padded.AsSpan(0, run.Length).Replace('_', '/');
            var length = run.Length;
            while (length % 4 != 0) padded[length++] = '=';
            return Convert.TryFromBase64Chars(padded.AsSpan(0, length), bytes, out count);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(padded);
        }
    }

    /// <summary>Valid UTF-8 without control characters.</summary>
    private static bool IsReadable(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (bytes.IsEmpty || bytes.IndexOfAnyInRange((byte)0, (byte)8) >= 0 || bytes.IndexOfAnyInRange((byte)14, (byte)31) >= 0) return false;
        // Asked first, not caught: runs that decode to nothing are everywhere in some texts, and an exception for each would take seconds.
        if (!Utf8.IsValid(bytes)) return false;
        text = Encoding.UTF8.GetString(bytes);
        return true;
    }
}
