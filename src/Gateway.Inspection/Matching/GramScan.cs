using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Goes through a text and names the characters at which a pattern may begin when everything that is skipped is looked through. Works
/// on a block of symbols at a time, each step over the whole block, so that none of them has a branch that a machine could
/// guess wrongly: most of the time of a search that decides symbol by symbol goes there. Reusable; not safe for several threads.
/// </summary>
internal sealed class GramScan
{
    private const int Lanes = 8;
    private const int Pair = 2 * Lanes;
    private const int Step = 2 * Pair;
    private const int Spaced = 0x8000;
    private const int ThreeClassSurplus = GramFilter.ThreeClass - 3;

    // For each number of symbols in a row without a gap behind the first: the classes of patterns that reach no further.
    private static readonly ushort[] Unbroken = [.. Enumerable.Range(0, GramFilter.Reach + 2).Select(count => (ushort)(
        (1 << Math.Max(0, count - 2)) - 1 & (1 << GramFilter.ClassCount) - 1
        | (count >= 1 ? 1 << GramFilter.TwoClass : 0) | (count >= 2 ? 1 << GramFilter.ThreeClass : 0)))];

    private readonly GramFilter _filter;
    private readonly SymbolBlock _block;
    private uint[] _places = [];
    private ushort[] _entries = [];
    private ushort[] _pairs = [];
    private ushort[] _met = [];
    private ushort[] _candidates = [];
    private ulong[] _gaps = [];
    private ushort[] _starts = [];
    private ushort[] _classes = [];

    /// <summary>Makes a scan.</summary>
    /// <param name="map">How characters are read.</param>
    /// <param name="filter">What is looked for.</param>
    public GramScan(SymbolMap map, GramFilter filter) => (_filter, _block) = (filter, new SymbolBlock(map, filter.Singles));

    /// <summary>Starts a text.</summary>
    /// <param name="from">First character to read.</param>
    public void Start(int from) => _block.Start(from);

    /// <summary>Reads on by about a thousand characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="places">Takes the places found.</param>
    /// <returns>False at the end of the text.</returns>
    public bool Read(ReadOnlySpan<char> text, List<int> places)
    {
        // 1. Symbols without what is between them.
        if (!_block.Read(text, places)) return false;
        Reserve(_block.Count);

        // 2. What begins and ends with each gram.
        HashGrams();
        LookUp(_filter.Entries, _places, _entries, _block.Count);

        // 3. What begins with each pair, where some pattern is that short.
        var hasPairs = _filter.HasShortNarrow || _filter.HasShortWide && _block.HasWide;
        if (hasPairs)
        {
            HashPairs();
            LookUp(_filter.Pairs, _places, _pairs, _block.Count);
        }

        // 4. Where the two meet, and of these places those with the symbols of a pattern.
        Confirm(Meet(hasPairs), places);
        return true;
    }

    private void Reserve(int count)
    {
        if (_entries.Length >= count + SymbolBlock.Padding) return;
        var length = count * 5 / 4 + SymbolBlock.Padding;
        (_places, _entries, _pairs, _starts, _classes) = (new uint[length], new ushort[length], new ushort[length], new ushort[2 * length], new ushort[2 * length]);
        (_met, _candidates, _gaps) = (new ushort[length], new ushort[length], new ulong[length / Step + 1]);
    }

    /// <summary>Hashes the gram at every symbol, eight at once: those at even places first, of each sixteen, then the others.</summary>
    private void HashGrams()
    {
        var symbols = _block.Symbols;
        var multiplier = Vector256.Create(GramFilter.Multiplier);
        var (wide, low) = (Vector256.Create(0xFF80u), Vector256.Create(0xFFFFu));
        var shift = _filter.EntryShift;
        for (var at = 0; at < _block.Count; at += Pair)
        {
            Hash(symbols[at..], at);
            Hash(symbols[(at + 1)..], at + Lanes);
        }

        void Hash(ReadOnlySpan<ushort> from, int to)
        {
            var (pairs, next) = (Vector256.Create(from).AsUInt32(), Vector256.Create(from[2..]).AsUInt32());
            var isNarrow = Vector256.Equals(pairs & wide, Vector256<uint>.Zero);
            ((pairs + ((next & (isNarrow | low)) << 8)) * multiplier >>> shift).CopyTo(_places, to);
        }
    }

    private void HashPairs()
    {
        var symbols = _block.Symbols;
        var multiplier = Vector256.Create(GramFilter.Multiplier);
        for (var at = 0; at < _block.Count; at += Pair)
        {
            ((Vector256.Create(symbols[at..]).AsUInt32() * multiplier) >>> _filter.PairShift).CopyTo(_places, at);
            ((Vector256.Create(symbols[(at + 1)..]).AsUInt32() * multiplier) >>> _filter.PairShift).CopyTo(_places, at + Lanes);
        }
    }

    /// <summary>What a table holds for the hash of every symbol.</summary>
    private static void LookUp<T>(T[] table, uint[] places, ushort[] found, int count)
        where T : struct, IBinaryInteger<T>
    {
        // Two loads and a store a symbol. A hash is shifted to the table's size, so its place is in the table; checking it again would cost a
        // third of this loop, and the loop is half of the search.
#pragma warning disable RS0030
        ref var entry = ref MemoryMarshal.GetArrayDataReference(table);
        ref var place = ref MemoryMarshal.GetArrayDataReference(places);
        ref var target = ref MemoryMarshal.GetArrayDataReference(found);
        for (var at = 0; at < count; at += Pair)
        {
            ref var from = ref Unsafe.Add(ref place, at);
            ref var to = ref Unsafe.Add(ref target, at);
            for (var i = 0; i < Lanes; i += 2)
            {
                Unsafe.Add(ref to, 2 * i) = ushort.CreateTruncating(Unsafe.Add(ref entry, (nint)Unsafe.Add(ref from, i)));
                Unsafe.Add(ref to, 2 * i + 1) = ushort.CreateTruncating(Unsafe.Add(ref entry, (nint)Unsafe.Add(ref from, i + Lanes)));
                Unsafe.Add(ref to, 2 * i + 2) = ushort.CreateTruncating(Unsafe.Add(ref entry, (nint)Unsafe.Add(ref from, i + 1)));
                Unsafe.Add(ref to, 2 * i + 3) = ushort.CreateTruncating(Unsafe.Add(ref entry, (nint)Unsafe.Add(ref from, i + 1 + Lanes)));
            }
        }
#pragma warning restore RS0030
    }

    /// <summary>Notes the symbols at which a class that begins meets itself where it should end, with these classes.</summary>
    /// <returns>Their number.</returns>
    private int Meet(bool hasPairs)
    {
        // 1. The symbols where that is so. Most of them are in the middle of a word with which the gram does not end: no pattern may begin there.
        var candidates = 0;
        var shortest = hasPairs ? 1 : GramFilter.NarrowGram - 1;
        // What is behind the last symbol of the block was not looked up.
        _entries.AsSpan(_block.Count, GramFilter.ClassCount).Clear();
        for (var at = 0; at < _block.Complete; at += Step)
        {
            var (low, high) = (Meeting(at, hasPairs), Meeting(at + Pair, hasPairs));
            low.CopyTo(_met, at);
            high.CopyTo(_met, at + Pair);
            var gaps = _block.HasPlainWords && _block.IsAscii(at, at + Step + GramFilter.Reach) ? _block.GapsFrom(at) : 0;
            _gaps[at / Step] = gaps;
            var bits = ~SymbolBlock.BitsOf(Vector256.Equals(low, Vector256<ushort>.Zero), Vector256.Equals(high, Vector256<ushort>.Zero));
            if (_filter.SpacedClasses == 0) bits &= (uint)(gaps | ~(gaps >> 1 | gaps >> shortest | gaps >> (shortest + 1) / 2));
            if (_block.Complete - at < Step) bits &= (1u << (_block.Complete - at)) - 1;
            // Two without asking whether there are any, for that would be guessed wrongly every other time.
            var next = candidates + BitOperations.PopCount(bits);
            do
            {
                _candidates[candidates] = (ushort)(at + BitOperations.TrailingZeroCount(bits));
                bits &= bits - 1;
                _candidates[candidates + 1] = (ushort)(at + BitOperations.TrailingZeroCount(bits));
                bits &= bits - 1;
                candidates += 2;
            }
            while (bits != 0);
            candidates = next;
        }

        // 2. Of their classes those that a word may have there.
        var count = 0;
        foreach (var candidate in _candidates.AsSpan(0, candidates))
        {
            uint classes = _met[candidate];
            var allowed = Allowed(_gaps[candidate / Step] >> candidate % Step);
            (_starts[count], _classes[count]) = (candidate, (ushort)(classes & allowed));
            count += (int)((0 - (classes & allowed)) >> 31);
            if ((classes & ~allowed & (uint)_filter.SpacedClasses) is not 0 and var spaced)
                (_starts[count], _classes[count++]) = ((ushort)(candidate | Spaced), (ushort)spaced);
        }

        return count;
    }

    /// <summary>The classes that begin at each of sixteen symbols and end where they should.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // called, its answer would go through memory
    private Vector256<ushort> Meeting(int at, bool hasPairs)
    {
#pragma warning disable RS0030
        // Eight loads for sixteen symbols, each within the padding; as many checks would double this step. An entry read one byte on has its high
        // byte low: no shift is needed.
        ref var entries = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), at);
        ref var ends = ref Unsafe.AddByteOffset(ref entries, 1);
        var begins = Vector256.LoadUnsafe(ref entries);
        var met = begins & Vector256.Create((ushort)1) & Vector256.LoadUnsafe(ref ends);
        for (var i = 1; i < GramFilter.ClassCount; i++)
            met |= begins & Vector256.Create((ushort)(1 << i)) & Vector256.LoadUnsafe(ref ends, (nuint)i);
#pragma warning restore RS0030
        if (!hasPairs) return met;
        var pairs = Vector256.Create<ushort>(_pairs.AsSpan(at, Pair));
        // A pattern of one gram begins with its pair, too.
        met &= (pairs >>> 2) | Vector256.Create((ushort)0xFFFE);
        return met | (pairs & Vector256.Create((ushort)(GramFilter.IsTwo | GramFilter.BeginsThree))) << GramFilter.TwoClass;
    }

    /// <summary>
    /// The classes that a term without separators of its own may have at a symbol: what is spelt with separators begins where a
    /// word begins, and ends where one ends (<see cref="TermWalk"/> says so). Most of what an alphabet's grams name is neither.
    /// </summary>
    /// <param name="gaps">Bit n: something stands before the n-th symbol from this one on.</param>
    private static uint Allowed(ulong gaps)
    {
        // Bit n of the ends: a pattern of class n ends before a gap. Those of the last class may go on.
        var begins = 0 - (uint)(gaps & 1);
        var ends = (uint)(gaps >> 4) & 0x7F | 0x80 | (uint)(gaps >> 3 & 1) << GramFilter.ThreeClass;
        var unbroken = BitOperations.TrailingZeroCount(gaps >> 1 | 1UL << GramFilter.Reach + 1);
        return Unbroken[unbroken] | begins & ends;
    }

    private void Confirm(int count, List<int> places)
    {
        if (count == 0) return;
        var symbols = _block.Symbols;
        var (found, isFound, start, spaced) = (0, 0, _starts[0] & ~Spaced, _starts[0] >> 15);
        uint classes = _classes[0];
        for (var i = 0; i < count;)
        {
            // 1. The hash of as many symbols as the class says.
            var distance = BitOperations.TrailingZeroCount(classes);
            var length = distance < GramFilter.ClassCount ? distance + GramFilter.GramOf((char)symbols[start + distance]) : distance - ThreeClassSurplus;
            isFound |= _filter.Count(length, Four(symbols, start), Four(symbols, start + Math.Max(0, length - 4)), spaced);

            // 2. The next class, or the next symbol when there is none: without a branch, for it would be guessed wrongly every third time.
            _places[found] = (uint)start;
            classes &= classes - 1;
            var done = (int)(classes - 1) >> 31; // all ones when no class is left
            found += isFound & -done;
            isFound &= ~done;
            i -= done;
            (start, spaced) = (_starts[i] & ~Spaced, _starts[i] >> 15);
            classes |= _classes[i] & (uint)done;
        }

        for (var i = 0; i < found; i++) places.Add(_block.PositionOf((int)_places[i]));
    }

    private static ulong Four(ReadOnlySpan<ushort> symbols, int at)
    {
#pragma warning disable RS0030
        return MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(symbols.Slice(at, 4)));
#pragma warning restore RS0030
    }
}
