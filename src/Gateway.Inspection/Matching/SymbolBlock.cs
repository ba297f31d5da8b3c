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
    private const int Lanes = 16;
    private const int Octet = 8;
    private const int Ascii = 128;
    private const int Rows = 8;
    private const byte Dropped = 0x80;
    private const int MostPerCharacter = 64;
    private const int Enough = 2 * TextLength;
    private const int Capacity = Enough + Group * MostPerCharacter;

    // For each choice of eight characters: how to move these to the front, two bytes a character.
    private static readonly Vector128<byte>[] Fronts = [.. Enumerable.Range(0, 1 << Octet).Select(FrontOf)];

    private readonly SymbolMap _map;
    private readonly HashSet<char> _singles;
    private readonly char[] _simple;
    private readonly Vector256<byte>[]? _rows;
    private readonly SearchValues<char> _dropped;
    private readonly ushort[] _mapped = new ushort[TextLength + Group];
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
        // Controls that folding drops stand between symbols without being a gap: text that holds one is not taken for plain.
        var isDropped = Enumerable.Range(0, Ascii).Select(unit => map.Folder.SimpleOf((char)unit) == '\0').ToArray();
        _dropped = SearchValues.Create([.. Enumerable.Range(0, Ascii).Where(unit => isDropped[unit]).Select(unit => (char)unit)]);
        if (Avx2.IsSupported && _simple.AsSpan(0, Ascii).IndexOfAnyExceptInRange('\0', '\x7F') < 0)
        {
            byte[] ascii = [.. Enumerable.Range(0, Ascii).Select(unit => (byte)(_simple[unit] | (isDropped[unit] ? Dropped : 0)))];
            _rows = [.. Enumerable.Range(0, Rows).Select(row => Vector256.Create(Vector128.Create(ascii, row * Ascii / Rows)))];
        }

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

        static uint Of(ReadOnlySpan<ushort> offsets) => ~BitsOf(
            Vector256.Equals(Vector256.Create(offsets.Slice(1, Lanes)) - Vector256.Create(offsets), Vector256<ushort>.One),
            Vector256.Equals(Vector256.Create(offsets.Slice(Lanes + 1, Lanes)) - Vector256.Create(offsets[Lanes..]), Vector256<ushort>.One));
    }

    /// <summary>One bit for each of thirty-two answers of a comparison.</summary>
    public static uint BitsOf(Vector256<ushort> low, Vector256<ushort> high) =>
        Vector256.NarrowWithSaturation(low.AsInt16(), high.AsInt16()).ExtractMostSignificantBits();

    /// <summary>Whether the text is ASCII, without controls that folding drops, from the symbol before an index to one behind it, as far as this block tells.</summary>
    /// <param name="index">Index of a symbol.</param>
    /// <param name="end">Index of a later one.</param>
    public bool IsAscii(int index, int end)
    {
        if (index <= _carriedCount) return false;
        var (first, last) = (_offsets[index - 1] / Group, end < Count ? _offsets[end] / Group : (_next - _from) / Group);
        // What the last character reaches over is in no group.
        return last < TextLength / Group && (~_asciiGroups & (2u << last) - (1u << first)) == 0;
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
        _asciiGroups = 0;
        for (var at = 0; at < block.Length; at += Group)
        {
            var group = block[at..Math.Min(block.Length, at + Group)];
            if (_rows is not null && group.Length == Group && MapAscii(group, at)) continue;
            if (System.Text.Ascii.IsValid(group) && !group.ContainsAny(_dropped)) _asciiGroups |= 1u << at / Group;
            // Two loads and a store a character: as fast as it goes without gathers, which are no faster. The map has an entry for every character.
#pragma warning disable RS0030
            ref var map = ref MemoryMarshal.GetArrayDataReference(_simple);
            for (var i = 0; i < group.Length; i++) _mapped[at + i] = Unsafe.Add(ref map, (nint)group[i]);
#pragma warning restore RS0030
        }

        _mapped.AsSpan(block.Length, Math.Min(Group, _mapped.Length - block.Length)).Clear();
    }

    /// <summary>Maps 32 characters in as many instructions, if they are ASCII: each row of the map is a register, and three bits of a character say which row counts.</summary>
    private bool MapAscii(ReadOnlySpan<char> group, int at)
    {
#pragma warning disable RS0030
        var units = MemoryMarshal.Cast<char, ushort>(group);
#pragma warning restore RS0030
        var (low, high) = (Vector256.Create(units), Vector256.Create(units[Lanes..]));
        if (((low | high) & Vector256.Create((ushort)0xFF80)) != Vector256<ushort>.Zero) return false;
        var codes = Vector256.Narrow(low, high);
        var rows = _rows.AsSpan(0, Rows);
        // Bits 4, 5 and 6 of each character, where the choice between two registers looks for them.
        var (odd, second, fourth) = ((codes.AsUInt16() << 3).AsByte(), (codes.AsUInt16() << 2).AsByte(), (codes.AsUInt16() << 1).AsByte());
        var (first, third) = (Avx2.BlendVariable(OfTwo(rows[0], rows[1]), OfTwo(rows[2], rows[3]), second), Avx2.BlendVariable(OfTwo(rows[4], rows[5]), OfTwo(rows[6], rows[7]), second));
        var symbols = Avx2.BlendVariable(first, third, fourth);
        if (symbols.ExtractMostSignificantBits() == 0) _asciiGroups |= 1u << at / Group;
        symbols &= Vector256.Create((byte)(Ascii - 1));
        Vector256.WidenLower(symbols).CopyTo(_mapped, at);
        Vector256.WidenUpper(symbols).CopyTo(_mapped, at + Lanes);
        return true;

        Vector256<byte> OfTwo(Vector256<byte> even, Vector256<byte> other) => Avx2.BlendVariable(Avx2.Shuffle(even, codes), Avx2.Shuffle(other, codes), odd);
    }

    /// <summary>Takes in what counts of 32 symbols.</summary>
    /// <returns>False when one of them needs a closer look.</returns>
    private bool Compact(int at)
    {
        var mapped = _mapped.AsSpan(at, Group);
        var (low, high) = (Vector256.Create<ushort>(mapped), Vector256.Create<ushort>(mapped[Lanes..]));
        var special = Vector256.Create((ushort)SymbolMap.Special);
        if ((Vector256.Equals(low, special) | Vector256.Equals(high, special)) != Vector256<ushort>.Zero) return false;
        HasWide |= ((low | high) & Vector256.Create((ushort)(0x10000 - Ascii))) != Vector256<ushort>.Zero;
        var counted = ~BitsOf(Vector256.Equals(low, Vector256<ushort>.Zero), Vector256.Equals(high, Vector256<ushort>.Zero));
        var offsets = Vector128.Create((ushort)at) + Vector128<ushort>.Indices;

        // Eight at a time: those that count move to the front; the next ones overwrite what is behind.
        var count = Count;
#pragma warning disable RS0030
        ref var front = ref MemoryMarshal.GetArrayDataReference(Fronts);
        ref var source = ref MemoryMarshal.GetReference(mapped);
        ref var target = ref MemoryMarshal.GetReference(_symbols.AsSpan(count, Group));
        ref var origin = ref MemoryMarshal.GetReference(_offsets.AsSpan(count, Group));
        nuint taken = 0;
        for (var lane = 0; lane < Group; lane += Octet)
        {
            var chosen = counted >> lane & 0xFF;
            var order = Unsafe.Add(ref front, (nint)chosen);
            Vector128.ShuffleNative(Vector128.LoadUnsafe(ref source, (nuint)lane).AsByte(), order).AsUInt16().StoreUnsafe(ref target, taken);
            Vector128.ShuffleNative(offsets.AsByte(), order).AsUInt16().StoreUnsafe(ref origin, taken);
            offsets += Vector128.Create((ushort)Octet);
            taken += (nuint)BitOperations.PopCount(chosen);
        }
#pragma warning restore RS0030

        Count = count + (int)taken;
        return true;
    }

    private static Vector128<byte> FrontOf(int chosen)
    {
        Span<byte> front = stackalloc byte[2 * Octet];
        front.Fill(0xFF);
        var count = 0;
        for (var lane = 0; lane < Octet; lane++)
            if ((chosen >> lane & 1) != 0) (front[2 * count], front[2 * count++ + 1]) = ((byte)(2 * lane), (byte)(2 * lane + 1));
        return Vector128.Create<byte>(front);
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
