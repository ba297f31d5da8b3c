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
internal sealed class EncodedText
{
    private const int LeastRun = 12;
    private const int BlockLength = 64;
    private const int MostRun = 1 << 16;
    private const int MostReadable = 1 << 20;

    private static readonly SearchValues<char> Escapes = SearchValues.Create("%&\\");
    private static readonly SearchValues<char> RunCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    // What each character of a run stands for, in either alphabet of base64.
    private static readonly byte[] Sextets = [.. Enumerable.Range(0, 128).Select(unit => (char)unit switch
    {
        >= 'A' and <= 'Z' => (byte)(unit - 'A'),
        >= 'a' and <= 'z' => (byte)(unit - 'a' + 26),
        >= '0' and <= '9' => (byte)(unit - '0' + 52),
        '+' or '-' => (byte)62,
        _ => (byte)63,
    })];

    private readonly List<Piece> _pieces = [];
    private char[] _characters = new char[256];
    private int[] _offsets = new int[256];
    private byte[] _bytes = new byte[256];
    private char[] _padded = new char[256];
    private int _count;

    /// <summary>A decoded piece.</summary>
    /// <param name="Start">Where it stood.</param>
    /// <param name="End">Past where it stood.</param>
    /// <param name="First">Where what it says begins in the buffer.</param>
    /// <param name="Length">Length of what it says.</param>
    /// <param name="HasOffsets">Whether each of its characters has a place of its own; else only the whole has.</param>
    internal readonly record struct Piece(int Start, int End, int First, int Length, bool HasOffsets);

    /// <summary>What was found last.</summary>
    public IReadOnlyList<Piece> Pieces => _pieces;

    /// <summary>What a piece says. Valid until the next text.</summary>
    public ReadOnlyMemory<char> TextOf(in Piece piece) => _characters.AsMemory(piece.First, piece.Length);

    /// <summary>Where a decoded character stood; at the end of the piece, where it ended.</summary>
    public int OffsetOf(in Piece piece, int index) => index == piece.Length ? piece.End : _offsets[piece.First + index];

    /// <summary>Finds what can be decoded. Keeps its buffers from text to text, so that it allocates nothing in the long run.</summary>
    /// <param name="text">The text.</param>
    public void Find(ReadOnlySpan<char> text)
    {
        _pieces.Clear();
        _count = 0;
        if (text.Length > MostReadable) text = text[..MostReadable];
        FindEscapes(text);
        FindRuns(text);
    }

    private void FindEscapes(ReadOnlySpan<char> text)
    {
        var copied = 0;
        var isFound = false;
        Span<char> characters = stackalloc char[2];
        for (var next = text.IndexOfAny(Escapes); next >= 0;)
        {
            if (TryEscape(text[next..], characters, out var written, out var length))
            {
                isFound = true;
                Copy(text, copied, next);
                for (var i = 0; i < written; i++) Add(characters[i], next);
                copied = next + length;
            }

            var from = Math.Max(copied, next + 1);
            var further = text[from..].IndexOfAny(Escapes);
            next = further < 0 ? -1 : from + further;
        }

        if (!isFound) return;
        Copy(text, copied, text.Length);
        _pieces.Add(new Piece(0, text.Length, 0, _count, true));
    }

    private void Add(char character, int offset)
    {
        Reserve(1);
        (_characters[_count], _offsets[_count]) = (character, offset);
        _count++;
    }

    /// <summary>Takes in characters that stand for themselves.</summary>
    private void Copy(ReadOnlySpan<char> text, int from, int to)
    {
        Reserve(to - from);
        text[from..to].CopyTo(_characters.AsSpan(_count));
        var offsets = _offsets.AsSpan(_count, to - from);
        for (var i = 0; i < offsets.Length; i++) offsets[i] = from + i;
        _count += to - from;
    }

    private void Reserve(int count)
    {
        if (_count + count <= _characters.Length) return;
        var length = Math.Max(_characters.Length * 2, _count + count);
        Array.Resize(ref _characters, length);
        Array.Resize(ref _offsets, length);
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

    private void FindRuns(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length;)
        {
            var start = IndexOfRun(text, at);
            if (start < 0) return;
            var length = text[start..].IndexOfAnyExcept(RunCharacters);
            at = length < 0 ? text.Length : start + length;
            if (at - start <= MostRun && TryRun(text[start..at], out var decoded)) _pieces.Add(new Piece(start, PastPadding(text, at), _count - decoded, decoded, false));
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
            var bits = RunBits(units.Slice(at, BlockLength / 2)) | (ulong)RunBits(units.Slice(at + BlockLength / 2, BlockLength / 2)) << BlockLength / 2;
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

    /// <summary>One bit for each of 32 characters; those that do not fit into a byte stand there as the largest one, which is of no run.</summary>
    private static uint RunBits(ReadOnlySpan<ushort> text)
    {
        var units = Vector256.NarrowWithSaturation(Vector256.Create(text), Vector256.Create(text[(BlockLength / 4)..]));
        var letters = Vector256.LessThan((units | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a'), Vector256.Create((byte)26));
        // The slash stands right before the digits.
        var digits = Vector256.LessThan(units - Vector256.Create((byte)'/'), Vector256.Create((byte)11));
        var signs = Vector256.Equals(units, Vector256.Create((byte)'+')) | Vector256.Equals(units, Vector256.Create((byte)'-'))
            | Vector256.Equals(units, Vector256.Create((byte)'_'));
        return (letters | digits | signs).ExtractMostSignificantBits();
    }

    private static int PastPadding(ReadOnlySpan<char> text, int end)
    {
        for (var i = 0; i < 2 && end < text.Length && text[end] == '='; i++) end++;
        return end;
    }

    private bool TryRun(ReadOnlySpan<char> run, out int decoded)
    {
        decoded = 0;
        // The beginning tells: names in code look like base64, but what they decode to is no text.
        var isHex = run.Length % 2 == 0 && HexDigits.Contains(run[0]) && run.IndexOfAnyExcept(HexDigits) < 0;
        var isBase64 = run.Length % 4 != 1 && BeginsAsText(run);
        if (!isHex && !isBase64) return false;
        // Words are not codes: of one case but for the first letter, and without a digit.
        if (!run.ContainsAnyInRange('0', '9') && !(run[1..].ContainsAnyInRange('A', 'Z') && run.ContainsAnyInRange('a', 'z'))) return false;
        if (_bytes.Length < run.Length) _bytes = new byte[run.Length * 2];
        if (isHex
            && Convert.FromHexString(run, _bytes, out _, out var count) == OperationStatus.Done && TryRead(_bytes.AsSpan(0, count), out decoded)) return true;
        return isBase64 && TryBase64(run, out count) && TryRead(_bytes.AsSpan(0, count), out decoded);
    }

    /// <summary>Whether what the first characters of a run stand for in base64 may be text.</summary>
    private static bool BeginsAsText(ReadOnlySpan<char> run)
    {
        // Three bytes at a time: most names end here, at the first or second three.
        var more = 0;
        for (var at = 0; at < LeastRun; at += 4)
        {
            var bits = Sextets[run[at]] << 18 | Sextets[run[at + 1]] << 12 | Sextets[run[at + 2]] << 6 | Sextets[run[at + 3]];
            if (!IsText(bits >> 16, ref more) || !IsText(bits >> 8 & 0xFF, ref more) || !IsText(bits & 0xFF, ref more)) return false;
        }

        return true;
    }

    /// <summary>Whether a byte may stand in readable UTF-8; not every fault of a longer character is noticed.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="more">Bytes that the character needs from here on.</param>
    private static bool IsText(int value, ref int more)
    {
        if (more > 0)
        {
            more--;
            return (value & 0xC0) == 0x80;
        }

        if (value < 0x80) return value > 31 || value is > 8 and < 14;
        more = value < 0xE0 ? 1 : value < 0xF0 ? 2 : 3;
        return value is >= 0xC2 and <= 0xF4;
    }

    private bool TryBase64(ReadOnlySpan<char> run, out int count)
    {
        // Both alphabets, padded or not.
        if (_padded.Length < run.Length + 3) _padded = new char[run.Length * 2 + 3];
        var padded = _padded.AsSpan(0, run.Length);
        run.CopyTo(padded);
        padded.Replace('-', '+');
        padded.Replace('_', '/');
        var length = run.Length;
        while (length % 4 != 0) _padded[length++] = '=';
        return Convert.TryFromBase64Chars(_padded.AsSpan(0, length), _bytes, out count);
    }

    /// <summary>Takes in valid UTF-8 without control characters.</summary>
    private bool TryRead(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.IsEmpty || bytes.IndexOfAnyInRange((byte)0, (byte)8) >= 0 || bytes.IndexOfAnyInRange((byte)14, (byte)31) >= 0) return false;
        Reserve(bytes.Length);
        if (Utf8.ToUtf16(bytes, _characters.AsSpan(_count), out _, out length, replaceInvalidSequences: false) != OperationStatus.Done) return false;
        _count += length;
        return true;
    }
}
