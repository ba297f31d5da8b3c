using System.Numerics;

namespace Gateway.Inspection.Matching;

/// <summary>
/// What <see cref="GramScan"/> looks up: tables of hashed grams that say where a pattern may begin. May say yes wrongly, never no
/// wrongly. Immutable and safe for any number of threads.
/// <para>
/// A gram is four symbols in a row where the first is ASCII (few letters, so that four are needed to tell something), three
/// elsewhere. Every pattern at least as long as its first gram is entered twice: by the gram it begins with, and by the last gram that lies
/// wholly inside it. How many symbols lie between the two beginnings is its class, 0 to 7 (a longer pattern counts as far as class 7
/// reaches). An entry holds in its low byte the classes of patterns that begin with the gram, in its high byte the classes of those
/// that end with it: where a class meets itself at its own distance, a hash over the symbols tells patterns from beginnings and
/// ends of different ones. Shorter patterns are entered by their first two symbols.
/// </para>
/// </summary>
internal sealed class GramFilter
{
    /// <summary>The number of classes.</summary>
    public const int ClassCount = 8;

    /// <summary>Bit of a candidate: a pattern of two symbols.</summary>
    public const int TwoClass = 8;

    /// <summary>Bit of a candidate: a pattern of three symbols that begins with ASCII.</summary>
    public const int ThreeClass = 9;

    /// <summary>Symbols of a gram that begins with ASCII.</summary>
    public const int NarrowGram = 4;

    /// <summary>The symbols behind a start that may matter for it: the distance of the last class and its gram.</summary>
    public const int Reach = ClassCount - 1 + NarrowGram;

    /// <summary>In <see cref="Pairs"/>: a pattern of these two symbols.</summary>
    public const byte IsTwo = 1;

    /// <summary>In <see cref="Pairs"/>: a pattern of three symbols that begins with these two, ASCII first.</summary>
    public const byte BeginsThree = 2;

    /// <summary>In <see cref="Pairs"/>: a pattern of just one gram that begins with these two.</summary>
    public const byte BeginsGram = 4;

    private const int WideGram = 3;
    private const int Ascii = 128;
    private const ulong ConfirmMultiplier = 0x9E3779B97F4A7C15;
    private const ulong EndMultiplier = 0xD6E8FEB86659FD93;

    private readonly ulong[] _inner;
    private readonly int _innerShift;
    private readonly ulong[] _confirmed;
    private readonly int _confirmedShift;
    private readonly int _confirmedSpaced;

    /// <summary>Makes the filter.</summary>
    /// <param name="patterns">The patterns, as symbols; whether the term has separators of its own between them.</param>
    public GramFilter(IEnumerable<(string Symbols, bool IsSpaced)> patterns)
    {
        var all = patterns.ToList();
        Singles = [.. all.Where(pattern => pattern.Symbols.Length == 1).Select(pattern => pattern.Symbols[0])];

        // Two bits in one word of a table with 32 bits a pattern; a second one of those with separators follows, where there are such.
        var bits = Log2(all.Count * 32L, 10, 20);
        var isSpaced = all.Any(pattern => pattern.IsSpaced);
        (_confirmed, _confirmedShift, _confirmedSpaced) = (new ulong[(1 << bits >> 6) * (isSpaced ? 2 : 1)], 64 - bits + 6, isSpaced ? 1 << bits >> 6 : 0);

        // Twice as many entries as grams at least; the largest table, 256 KiB, stays in the second-level cache.
        var entries = Log2(all.Count * 4L, 12, 17);
        (Entries, EntryShift) = (new ushort[1 << entries], 32 - entries);
        var pairs = Log2(all.Count * 4L, 12, 16);
        (Pairs, PairShift) = (new byte[1 << pairs], 32 - pairs);
        var inner = Log2(all.Count * 64L, 12, 20);
        (_inner, _innerShift) = (new ulong[1 << inner >> 6], 32 - inner);
        foreach (var pattern in all)
            if (pattern.Symbols.Length > 1) Add(pattern.Symbols, pattern.IsSpaced);
    }

    /// <summary>Classes by hashed gram: that begin with it, and, in the high byte, that end with it.</summary>
    public ushort[] Entries { get; }

    /// <summary>What is left of a gram's hash, shifted by this, is its place.</summary>
    public int EntryShift { get; }

    /// <summary>What begins with two symbols, by their hash.</summary>
    public byte[] Pairs { get; }

    /// <summary>What is left of a pair's hash, shifted by this, is its place.</summary>
    public int PairShift { get; }

    /// <summary>Symbols that are a pattern by themselves.</summary>
    public HashSet<char> Singles { get; }

    /// <summary>Whether a pattern shorter than its first gram begins with ASCII.</summary>
    public bool HasShortNarrow { get; private set; }

    /// <summary>Whether a pattern shorter than its first gram begins with another symbol.</summary>
    public bool HasShortWide { get; private set; }

    /// <summary>Classes of the patterns with separators of their own.</summary>
    public int SpacedClasses { get; private set; }

    /// <summary>Bytes of the tables.</summary>
    public long Size => Entries.Length * 2L + Pairs.Length + (_confirmed.Length + _inner.Length) * 8L;

    /// <summary>How many symbols a gram has.</summary>
    /// <param name="first">Its first symbol.</param>
    public static int GramOf(char first) => first < Ascii ? NarrowGram : WideGram;

    /// <summary>Hash of a gram; <see cref="GramScan"/> does the same eight at a time.</summary>
    /// <param name="pair">The first two symbols, the first one in the low half.</param>
    /// <param name="next">The two that follow; the high half does not count after a wide symbol.</param>
    public static uint HashOf(uint pair, uint next) => (pair + (((pair & 0xFF80) != 0 ? next & 0xFFFF : next) << 8)) * Multiplier;

    /// <summary>Of <see cref="HashOf"/>, and of the hash of a pair.</summary>
    public const uint Multiplier = 0x9E3779B1;

    /// <summary>Whether two symbols may stand in a pattern next to each other, behind its first.</summary>
    public bool HasInner(char first, char second)
    {
        var place = (first + ((uint)second << 16)) * Multiplier >> _innerShift;
        return (_inner[place >> 6] >> (int)(place & 63) & 1) != 0;
    }

    /// <summary>1 when there may be a pattern of just these symbols, as far as its class reaches; 0 when there is none.</summary>
    /// <param name="length">Their number.</param>
    /// <param name="first">The first four; of fewer, what is above them is of no meaning.</param>
    /// <param name="last">The last four; the same as the first where there are fewer.</param>
    /// <param name="spaced">1 to ask for patterns with separators of their own, 0 for all.</param>
    public int Count(int length, ulong first, ulong last, int spaced)
    {
        var hash = ConfirmHash(length, first, last);
        var word = _confirmed[(int)(hash >> _confirmedShift) + (_confirmedSpaced & -spaced)];
        return (int)(word >> (int)(hash & 63) & word >> (int)(hash >> 6 & 63) & 1);
    }

    private static ulong ConfirmHash(int length, ulong first, ulong last)
    {
        // Symbols that do not belong to it are shifted out.
        var free = Math.Max(0, 4 - length) * 16;
        var end = ((last << free) + (ulong)length) * EndMultiplier;
        var hash = ((first << free) ^ end ^ end >> 32) * ConfirmMultiplier;
        return hash ^ hash >> 29;
    }

    private static int Log2(long count, int least, int most) => Math.Clamp(BitOperations.Log2((ulong)count + 1) + 1, least, most);

    private static ulong Four(string pattern, int start)
    {
        ulong symbols = 0;
        for (var i = Math.Min(start + 4, pattern.Length) - 1; i >= start; i--) symbols = symbols << 16 | pattern[i];
        return symbols;
    }

    private void Add(string pattern, bool isSpaced)
    {
        for (var at = 2; at < pattern.Length; at++)
        {
            var place = (pattern[at - 1] + ((uint)pattern[at] << 16)) * Multiplier >> _innerShift;
            _inner[place >> 6] |= 1UL << (int)(place & 63);
        }

        var first = Four(pattern, 0);
        ref var pair = ref Pairs[(uint)first * Multiplier >> PairShift];
        if (pattern.Length < GramOf(pattern[0]))
        {
            pair |= pattern.Length == 2 ? IsTwo : BeginsThree;
            if (pattern[0] < Ascii) HasShortNarrow = true;
            else HasShortWide = true;
            Confirm(pattern.Length, first, first, pattern.Length == 2 ? TwoClass : ThreeClass, isSpaced);
            return;
        }

        // The last gram inside the pattern; where it ends, the pattern counts no further.
        var distance = 0;
        for (var at = 1; at < ClassCount && at < pattern.Length; at++)
            if (at + GramOf(pattern[at]) <= pattern.Length) distance = at;
        var length = distance + GramOf(pattern[distance]);
        if (distance == 0) pair |= BeginsGram;
        Entries[PlaceOf(first)] |= (ushort)(1 << distance);
        Entries[PlaceOf(Four(pattern, distance))] |= (ushort)(1 << (8 + distance));
        Confirm(length, first, length < 4 ? first : Four(pattern, length - 4), distance, isSpaced);
    }

    private uint PlaceOf(ulong gram) => HashOf((uint)gram, (uint)(gram >> 32)) >> EntryShift;

    private void Confirm(int length, ulong first, ulong last, int number, bool isSpaced)
    {
        var hash = ConfirmHash(length, first, last);
        var (place, bits) = ((int)(hash >> _confirmedShift), 1UL << (int)(hash & 63) | 1UL << (int)(hash >> 6 & 63));
        _confirmed[place] |= bits;
        if (!isSpaced) return;
        _confirmed[place + _confirmedSpaced] |= bits;
        SpacedClasses |= 1 << number;
    }
}
