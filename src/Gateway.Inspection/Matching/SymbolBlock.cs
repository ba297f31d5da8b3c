using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Gateway.Inspection.Matching;

/// <summary>
/// About a thousand characters of a text as symbols in a row, without what is skipped between them, each with where it came from. The last few
/// symbols of a block begin the next one, so that nothing is lost between two. Reusable; not safe for several threads.
/// </summary>
internal sealed class SymbolBlock
{
    /// <summary>What may be read behind the last symbol: zeros at the end of the text, else of no meaning.</summary>
    public const int Padding = 64;

    private const int TextLength = 1024;
    private const int Group = 32;
    private const int AsciiGroup = 64;
    private const int Ascii = 128;
    private const int MostPerCharacter = 64;
    private const int Enough = 2 * TextLength;
    private const int Capacity = Enough + Group * MostPerCharacter;

    private static readonly Vector512<ushort> Numbers = Vector512.Create(
        (ushort)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

    private readonly SymbolMap _map;
    private readonly HashSet<char> _singles;
    private readonly char[] _simple;
    private readonly byte[]? _ascii;
    private readonly byte[] _dropped = new byte[Ascii];
    private readonly SearchValues<char> _droppedUnits;
    private readonly ushort[] _mapped = new ushort[TextLength + AsciiGroup];
    private readonly ushort[] _symbols = new ushort[Capacity + Padding];
    private readonly ushort[] _offsets = new ushort[Capacity + Padding];
    private readonly int[] _carried = new int[GramFilter.Reach];
    private uint _asciiGroups;
    private int _carriedCount;
    private int _from;
    private int _next;
    private bool _isLast;

    /// <summary>Makes a block.</summary>
    /// <param name="map">How characters are read.</param>
    /// <param name="singles">Symbols that are looked for by themselves.</param>
    public SymbolBlock(SymbolMap map, HashSet<char> singles)
    {
        (_map, _singles) = (map, singles);
        // Characters that are a pattern by themselves are looked at one by one.
        _simple = singles.Count == 0 ? map.Simple : [.. map.Simple.Select(symbol => singles.Contains(symbol) ? SymbolMap.Special : symbol)];
        if (_simple.AsSpan(0, Ascii).IndexOfAnyExceptInRange('\0', '\x7F') < 0) _ascii = [.. _simple.Take(Ascii).Select(symbol => (byte)symbol)];
        // Controls that folding drops stand between symbols without being a gap: text that holds one is not taken for plain.
        for (var unit = 0; unit < Ascii; unit++) _dropped[unit] = map.Folder.SimpleOf((char)unit) == '\0' ? byte.MaxValue : (byte)0;
        _droppedUnits = SearchValues.Create([.. Enumerable.Range(0, Ascii).Where(unit => _dropped[unit] != 0).Select(unit => (char)unit)]);
        HasPlainWords = Enumerable.Range(0, Ascii).All(unit =>
            map.Simple[unit] < Ascii ? char.IsAsciiLetterOrDigit((char)unit) == (map.Simple[unit] != SymbolMap.Skip) : !char.IsAsciiLetterOrDigit((char)unit));
    }

    /// <summary>The symbols, with <see cref="Padding"/> behind them.</summary>
    public ReadOnlySpan<ushort> Symbols => _symbols.AsSpan(0, Count + Padding);

    /// <summary>Number of symbols.</summary>
    public int Count { get; private set; }

    /// <summary>The symbols before this one have all that follows them, as far as <see cref="GramFilter.Reach"/>.</summary>
    public int Complete { get; private set; }

    /// <summary>Whether one of the symbols is other than ASCII.</summary>
    public bool HasWide { get; private set; }

    /// <summary>Whether ASCII letters and digits are symbols, and no other sign of ASCII is.</summary>
    public bool HasPlainWords { get; }

    /// <summary>Starts a text.</summary>
    /// <param name="from">First character to read.</param>
    public void Start(int from) => (_next, Count, Complete, _carriedCount, _isLast, HasWide) = (from, 0, 0, 0, false, false);

    /// <summary>Where the character of a symbol starts.</summary>
    public int PositionOf(int index) => index < _carriedCount ? _carried[index] : _from + _offsets[index];

    /// <summary>
    /// Where something stands between symbols. Bit n of the answer: before the symbol at the index and n. Of no meaning beyond
    /// the symbols that were read; the end of the text counts as a gap.
    /// </summary>
    /// <param name="index">Index of a symbol; the text around the sixty-four from there on must be <see cref="IsAscii"/>.</param>
    public ulong GapsFrom(int index)
    {
        return Of(_offsets.AsSpan(index - 1)) | (ulong)Of(_offsets.AsSpan(index - 1 + Group)) << Group;

        static uint Of(ReadOnlySpan<ushort> offsets) => (uint)(~Vector512.Equals(
            Vector512.Create(offsets.Slice(1, Group)) - Vector512.Create(offsets[..Group]), Vector512<ushort>.One)).ExtractMostSignificantBits();
    }

    /// <summary>Whether the text is ASCII, without controls that folding drops, from the symbol before an index to one behind it, as far as this block tells.</summary>
    /// <param name="index">Index of a symbol.</param>
    /// <param name="end">Index of a later one.</param>
    public bool IsAscii(int index, int end)
    {
        if (index <= _carriedCount) return false;
        var (first, last) = (_offsets[index - 1] / AsciiGroup, end < Count ? _offsets[end] / AsciiGroup : (_next - _from) / AsciiGroup);
        // What the last character reaches over is in no group.
        return last < TextLength / AsciiGroup && (~_asciiGroups & (2u << last) - (1u << first)) == 0;
    }

    /// <summary>Reads on.</summary>
    /// <param name="text">The text.</param>
    /// <param name="places">Takes the places of symbols that are looked for by themselves.</param>
    /// <returns>False at the end of the text.</returns>
    public bool Read(ReadOnlySpan<char> text, List<int> places)
    {
        if (_isLast) return false;
        Carry();
        _from = _next;
        var block = text.Slice(_from, Math.Min(TextLength, text.Length - _from));

        // 1. A symbol for each character.
        Map(block);

        // 2. Only those that count, in a row.
        _next = _from + block.Length;
        for (var at = 0; at < block.Length; at += Group)
        {
            if (Compact(at)) continue;
            var end = Expand(text, _from + at, Math.Min(_from + at + Group, _from + block.Length), places);
            // The last character may reach into the next group.
            for (var i = at + Group; i < end - _from && i < block.Length; i++) _mapped[i] = SymbolMap.Skip;
            if (end < _next && Count < Enough) continue;
            _next = Math.Max(end, Math.Min(_next, _from + at + Group));
            break;
        }

        // 3. At the end of the text nothing follows.
        _isLast = _next >= text.Length;
        if (_isLast)
        {
            _symbols.AsSpan(Count, Padding).Clear();
            if (Count > 0) _offsets[Count] = (ushort)(_offsets[Count - 1] + 2);
        }

        Complete = _isLast ? Count : Math.Max(0, Count - GramFilter.Reach);
        return true;
    }

    private void Carry()
    {
        var first = Complete;
        var kept = Count - first;
        Span<int> positions = stackalloc int[GramFilter.Reach];
        for (var i = 0; i < kept; i++) positions[i] = PositionOf(first + i);
        positions[..kept].CopyTo(_carried);
        _symbols.AsSpan(first, kept).CopyTo(_symbols);
        (_carriedCount, Count) = (kept, kept);
        HasWide = _symbols.AsSpan(0, kept).ContainsAnyExceptInRange((ushort)0, (ushort)(Ascii - 1));
    }

    private void Map(ReadOnlySpan<char> block)
    {
        var at = 0;
        _asciiGroups = 0;
        while (at < block.Length)
        {
            // 64 ASCII characters in a dozen instructions, where the machine can.
            if (_ascii is not null && Avx512Vbmi.IsSupported && at + AsciiGroup <= block.Length && MapAscii(block, at))
            {
                at += AsciiGroup;
                continue;
            }

            var end = Math.Min(block.Length, at + AsciiGroup);
            if (System.Text.Ascii.IsValid(block[at..end]) && !block[at..end].ContainsAny(_droppedUnits)) _asciiGroups |= 1u << at / AsciiGroup;
            // Two loads and a store a character: as fast as it goes without gathers, which are no faster. The map has an entry for every character.
#pragma warning disable RS0030
            ref var map = ref MemoryMarshal.GetArrayDataReference(_simple);
            for (; at < end; at++) _mapped[at] = Unsafe.Add(ref map, (nint)block[at]);
#pragma warning restore RS0030
        }

        _mapped.AsSpan(at, Math.Min(Group, _mapped.Length - at)).Clear();
    }

    private bool MapAscii(ReadOnlySpan<char> block, int at)
    {
#pragma warning disable RS0030
        var units = MemoryMarshal.Cast<char, ushort>(block.Slice(at, AsciiGroup));
#pragma warning restore RS0030
        var (low, high) = (Vector512.Create(units[..32]), Vector512.Create(units[32..]));
        if (((low | high) & Vector512.Create((ushort)0xFF80)) != Vector512<ushort>.Zero) return false;
        var codes = Vector512.Create(Avx512BW.ConvertToVector256Byte(low), Avx512BW.ConvertToVector256Byte(high));
        var symbols = Avx512Vbmi.PermuteVar64x8x2(Vector512.Create<byte>(_ascii.AsSpan(0, 64)), codes, Vector512.Create<byte>(_ascii.AsSpan(64, 64)));
        var dropped = Avx512Vbmi.PermuteVar64x8x2(Vector512.Create<byte>(_dropped.AsSpan(0, 64)), codes, Vector512.Create<byte>(_dropped.AsSpan(64, 64)));
        if (dropped == Vector512<byte>.Zero) _asciiGroups |= 1u << at / AsciiGroup;
        Vector512.WidenLower(symbols).CopyTo(_mapped, at);
        Vector512.WidenUpper(symbols).CopyTo(_mapped, at + 32);
        return true;
    }

    /// <summary>Takes in what counts of 32 symbols.</summary>
    /// <returns>False when one of them needs a closer look.</returns>
    private bool Compact(int at)
    {
        var symbols = Vector512.Create<ushort>(_mapped.AsSpan(at, Group));
        if (Vector512.EqualsAny(symbols, Vector512.Create((ushort)SymbolMap.Special))) return false;
        HasWide |= Vector512.GreaterThanAny(symbols, Vector512.Create((ushort)(Ascii - 1)));
        var mask = ~Vector512.Equals(symbols, Vector512<ushort>.Zero);
        var offsets = Vector512.Create((ushort)at) + Numbers;
        if (Avx512Vbmi2.IsSupported)
        {
            Avx512Vbmi2.Compress(Vector512<ushort>.Zero, mask, symbols).CopyTo(_symbols, Count);
            Avx512Vbmi2.Compress(Vector512<ushort>.Zero, mask, offsets).CopyTo(_offsets, Count);
            Count += BitOperations.PopCount(mask.ExtractMostSignificantBits());
            return true;
        }

        for (var bits = mask.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = at + BitOperations.TrailingZeroCount(bits);
            (_symbols[Count], _offsets[Count]) = (_mapped[lane], (ushort)lane);
            Count++;
        }

        return true;
    }

    /// <summary>Takes in a few characters one by one.</summary>
    /// <returns>Where it stopped: at the end, or behind it, where a character goes on.</returns>
    private int Expand(ReadOnlySpan<char> text, int at, int end, List<int> places)
    {
        Span<char> symbols = stackalloc char[MostPerCharacter];
        while (at < end)
        {
            var start = at++;
            // What the character before reached over has been taken in with it.
            var symbol = (char)_mapped[start - _from];
            if (symbol == SymbolMap.Skip) continue;
            var simple = _map.Simple[text[start]];
            if (simple != SymbolMap.Special)
            {
                Add(simple, start);
                if (symbol == SymbolMap.Special) places.Add(start);
                HasWide |= simple >= Ascii;
                continue;
            }

            // A cluster that folds as one: a surrogate pair, a kana with its mark, a mark of a script.
            HasWide = true;
            while (at < text.Length && (char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]) || _map.Folder.IsVoicing(text[at]))) at++;
            var count = _map.Expand(text, start, at, symbols);
            var isSingle = false;
            foreach (var part in symbols[..count])
            {
                Add(part, start);
                isSingle |= _singles.Contains(part);
            }

            if (isSingle) places.Add(start);
        }

        return at;
    }

    private void Add(char symbol, int start)
    {
        (_symbols[Count], _offsets[Count]) = (symbol, (ushort)(start - _from));
        Count++;
    }
}
