using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Finds where a pattern may begin, with a few instructions a character. May say yes wrongly, never no wrongly. Immutable and
/// safe for any number of threads.
/// <para>
/// Two tables of hashed grams: five symbols in a row where symbols are ASCII (few letters, so that five are needed to tell
/// something), three in a row elsewhere. Patterns longer than a gram are classed by length. An entry holds, in its low byte, the
/// classes in which some pattern begins with the gram; in its high byte those in which the first symbols of some pattern, as
/// many as the class says, end with it. A shift register moves the low bytes on by one place a symbol, so that the beginning
/// seen long enough ago for a class stands opposite the end seen now. Where they meet, hashes over up to eight (four) symbols
/// tell patterns from beginnings and ends of different ones. Patterns no longer than a gram have bitmaps of their own: their
/// beginning would be their end, and every hash that two grams share a false alarm.
/// </para>
/// </summary>
internal sealed class GramFilter
{
    private const ulong LongMultiplier = 0x9E3779B97F4A7C15;
    private const int NarrowGram = 5;
    private const int DirectLength = 4;
    private const int WideGram = 3;
    private const int ClassCount = 8;
    private const int WideClassCount = 7; // the bit left over says that a pattern of just three symbols ends
    private const uint ExactTriple = 0x8000;
    private const int Ascii = 128;
    private const byte IsSymbol = 0x80;
    private const int CodeMask = 31;
    private const uint ShortStarts = 0b1110; // two, three or four symbols
    private const int LeastPlain = 24;
    private const int BlockLength = 1024;

    private static readonly SearchValues<char> AsciiCharacters =
        SearchValues.Create([.. Enumerable.Range(0, Ascii).Select(unit => (char)unit)]);

    // Bit c of a byte at place c of eight bytes: where the register holds what a class needs.
    private static readonly ulong[] Spread = [.. Enumerable.Range(0, 256).Select(value =>
        Enumerable.Range(0, ClassCount).Aggregate(0UL, (sum, bit) => sum | (ulong)(value >> bit & 1) << (9 * bit)))];

    private readonly SymbolMap _symbols;
    private readonly char[] _map;
    private readonly byte[] _codes = new byte[Ascii];
    private readonly HashSet<char> _singles;
    private readonly ushort[] _narrow;
    private readonly ushort[] _wide;
    private readonly int _narrowShift;
    private readonly int _wideShift;
    private readonly Bitmap _confirmed;
    private readonly Bitmap _pairs;
    private readonly Bitmap _triples;
    private readonly uint[] _short;
    private readonly Bitmap _fives;
    private readonly bool _hasShort;
    private readonly bool _hasPlain = true;
    private readonly uint _leading;

    /// <summary>Makes the filter.</summary>
    /// <param name="map">How characters are read.</param>
    /// <param name="patterns">The patterns, as symbols.</param>
    public GramFilter(SymbolMap map, IEnumerable<string> patterns)
    {
        _symbols = map;
        var all = patterns.ToList();
        _singles = [.. all.Where(pattern => pattern.Length == 1).Select(pattern => pattern[0])];
        _confirmed = new Bitmap(all.Count);
        var narrow = all.Where(pattern => LeadingNarrow(pattern) > NarrowGram).ToList();
        _narrow = Table(narrow.Count);
        _narrowShift = 64 - BitOperations.Log2((uint)_narrow.Length);
        foreach (var pattern in narrow) AddNarrow(pattern);

        // A bit for every run of four ASCII symbols: shorter patterns set all the runs they end.
        _hasShort = all.Any(pattern => pattern.Length is > 1 and <= DirectLength && LeadingNarrow(pattern) == pattern.Length);
        _short = new uint[1 << 15];
        var rest = all.Where(pattern => pattern.Length > 1 && LeadingNarrow(pattern) <= NarrowGram).ToList();
        _wide = Table(rest.Count);
        _wideShift = 64 - BitOperations.Log2((uint)_wide.Length);
        _fives = new Bitmap(rest.Count);
        _pairs = new Bitmap(rest.Count);
        _triples = new Bitmap(rest.Count);
        foreach (var pattern in rest)
        {
            var leading = LeadingNarrow(pattern);
            if (leading == NarrowGram) _fives.Add(NarrowHash(KeyOf(pattern, NarrowGram)));
            else if (leading == pattern.Length) AddShort(pattern);
            else if (leading > 1) _leading |= 1u << leading;
            else AddWide(pattern);
        }

        // Characters that are a pattern by themselves are looked at one by one.
        _map = map.Simple;
        if (_singles.Count > 0) _map = [.. _map.Select(symbol => _singles.Contains(symbol) ? SymbolMap.Special : symbol)];
        for (var unit = 0; unit < Ascii; unit++)
        {
            if (_map[unit] == SymbolMap.Skip) continue;
            if (_map[unit] >= Ascii) _hasPlain = false;
            _codes[unit] = (byte)(IsSymbol | (_map[unit] & CodeMask));
        }
    }

    /// <summary>Bytes of the tables.</summary>
    public long Size => (_narrow.Length + _wide.Length) * 2L + _short.Length * 4L + _confirmed.Size + _fives.Size + _pairs.Size + _triples.Size;

    /// <summary>Reads on by up to about a thousand characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="state">How far it has been read; <see langword="default"/> at the start.</param>
    /// <param name="buffer">Room to work in.</param>
    /// <param name="places">Takes the places found.</param>
    /// <returns>False at the end of the text.</returns>
    public bool Read(ReadOnlySpan<char> text, ref State state, Buffer buffer, List<Place> places)
    {
        var position = state.Position;
        if (position >= text.Length) return false;
        var rest = text.Slice(position, Math.Min(BlockLength, text.Length - position));
        var plain = _hasPlain && state.Last < Ascii && rest[0] < Ascii ? rest.IndexOfAnyExcept(AsciiCharacters) : 0;
        if (plain < 0) plain = rest.Length;
        if (plain >= LeastPlain) ReadPlain(rest[..plain], ref state, buffer, places);
        else ReadAny(text, position + Math.Max(plain, 1), ref state, places);
        return true;
    }

    /// <summary>Reads ASCII.</summary>
    private void ReadPlain(ReadOnlySpan<char> text, ref State state, Buffer buffer, List<Place> places)
    {
        // 1. Symbols without what is between them.
        var count = buffer.Compact(text, _codes);

        // 2. Where beginnings and ends of patterns meet.
        var symbols = buffer.Codes.AsSpan(0, count);
        for (var at = 0; (at = Seek(symbols, at, ref state, out var hit, out var isFive, out var brief)) >= 0; at++)
        {
            var starts = Confirm(state.Narrow, hit) | brief * ShortStarts;
            if (isFive && _fives.Has(NarrowHash(state.Narrow))) starts |= 1u << (NarrowGram - 1);
            if (starts != 0) places.Add(new Place(state.Position + buffer.PositionOf(at), starts));
        }

        // 3. The last symbol may begin a wide gram with what follows.
        if (count > 0)
        {
            state.Last = _map[text[buffer.PositionOf(count - 1)]];
            (state.Wide, state.WideBits) = (count > 1 ? (ulong)_map[text[buffer.PositionOf(count - 2)]] << 16 | state.Last : state.Last, 0);
        }

        state.Position += text.Length;
    }

    /// <summary>The next symbol where a beginning meets an end, or a short pattern ends; -1 for none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Seek(ReadOnlySpan<byte> symbols, int at, ref State state, out ulong hit, out bool isFive, out uint brief)
    {
        // A method of its own and kept so: the loop just fits the registers. The tables are as long as their indices can be: a hash is shifted
        // to the table's size, half an entry is a byte, four codes are twenty bits. Bounds checks would cost a sixth of this loop.
#pragma warning disable RS0030
        ref var table = ref MemoryMarshal.GetArrayDataReference(_narrow);
        ref var spread = ref MemoryMarshal.GetArrayDataReference(Spread);
        ref var shorts = ref MemoryMarshal.GetArrayDataReference(_short);
        ref var fives = ref MemoryMarshal.GetArrayDataReference(_fives.Words);
        var (shift, fiveShift, key, register) = (_narrowShift, _fives.Shift, state.Narrow, state.NarrowBits);
        for (; (uint)at < (uint)symbols.Length; at++)
        {
            key = (key << 8) | symbols[at];
            var hash = NarrowHash(key);
            uint entry = Unsafe.Add(ref table, (nint)(hash >> shift));
            var met = register & Unsafe.Add(ref spread, (nint)(entry >> 8));
            register = (register << 8) | (entry & 0xFF);
            var place = hash >> fiveShift;
            var five = Unsafe.Add(ref fives, (nint)(place >> 6)) >> (int)place & 1;
            var ended = Unsafe.Add(ref shorts, (nint)(FourCodes(key) >> 5)) >> (int)(key & CodeMask) & 1;
            if ((met | ended | five) == 0) continue;
            (hit, isFive, brief, state.Narrow, state.NarrowBits) = (met, five != 0, ended, key, register);
            return at;
        }
#pragma warning restore RS0030

        (hit, isFive, brief, state.Narrow, state.NarrowBits) = (0, false, 0, key, register);
        return -1;
    }

    /// <summary>Reads anything: up to a place, and on to where ASCII begins.</summary>
    private void ReadAny(ReadOnlySpan<char> text, int least, ref State state, List<Place> places)
    {
        ReadOnlySpan<char> map = _map;
        while (state.Position < text.Length)
        {
            var unit = text[state.Position];
            if (state.Position >= least && unit < Ascii && state.Last < Ascii && _hasPlain) return;
            state.Position++;
            var symbol = map[unit];
            if (symbol == SymbolMap.Skip) continue;
            var starts = symbol == SymbolMap.Special ? PushSpecial(text, ref state) : symbol < Ascii ? PushNarrow(symbol, ref state) : PushWide(symbol, ref state);
            if (starts != 0) places.Add(new Place(state.Position - 1, starts));
        }
    }

    private uint PushNarrow(char symbol, ref State state)
    {
        var last = state.Last;
        state.Last = symbol;
        var key = (state.Narrow << 8) | (uint)(symbol & CodeMask);
        var hash = NarrowHash(key);
        uint entry = _narrow[hash >> _narrowShift];
        var hit = state.NarrowBits & Spread[entry >> 8];
        (state.Narrow, state.NarrowBits) = (key, (state.NarrowBits << 8) | (entry & 0xFF));
        var starts = hit == 0 ? 0 : Confirm(key, hit);
        if (_fives.Has(hash)) starts |= 1u << (NarrowGram - 1);
        if (_hasShort && (_short[FourCodes(key) >> 5] >> (int)(key & CodeMask) & 1) != 0) starts |= ShortStarts;
        if (last >= Ascii) return starts | LookUpWide(symbol, ref state);
        (state.Wide, state.WideBits) = ((state.Wide << 16) | symbol, 0);
        return starts;
    }

    private uint PushWide(char symbol, ref State state)
    {
        var last = state.Last;
        state.Last = symbol;
        (state.Narrow, state.NarrowBits) = (0, 0);
        var found = LookUpWide(symbol, ref state);
        return last is < (char)Ascii and not '\0' ? found | _leading : found;
    }

    private uint LookUpWide(char symbol, ref State state)
    {
        var key = (state.Wide << 16) | symbol;
        state.Wide = key;
        uint starts = _pairs.Has((uint)key * LongMultiplier) ? 0b10u : 0;
        var gram = WideHash(key);
        uint entry = _wide[gram >> _wideShift];
        var hit = state.WideBits & Spread[entry >> 8 & 0x7F];
        state.WideBits = (state.WideBits << 8) | (entry & 0xFF);
        if ((hit | entry & ExactTriple) == 0) return starts;
        if ((entry & ExactTriple) != 0 && _triples.Has(gram)) starts |= 0b100;
        return hit == 0 ? starts : starts | ConfirmWide(key, hit);
    }

    private uint PushSpecial(ReadOnlySpan<char> text, ref State state)
    {
        // A cluster that folds as one: a surrogate pair, a kana with its mark, a mark of a script.
        var start = state.Position - 1;
        while (state.Position < text.Length
            && (char.IsLowSurrogate(text[state.Position]) && char.IsHighSurrogate(text[state.Position - 1]) || _symbols.Folder.IsVoicing(text[state.Position])))
            state.Position++;
        Span<char> symbols = stackalloc char[64];
        var count = _symbols.Expand(text, start, state.Position, symbols);
        uint starts = 0;
        foreach (var symbol in symbols[..count])
        {
            var found = symbol < Ascii ? PushNarrow(symbol, ref state) : PushWide(symbol, ref state);
            starts = (starts << 1) | found | (_singles.Contains(symbol) ? 1u : 0);
        }

        return starts;
    }

    /// <summary>Of the classes met, those with a pattern of just these symbols; as bits that say how far back it begins.</summary>
    private uint Confirm(ulong key, ulong hit)
    {
        uint starts = 0;
        for (; hit != 0; hit &= hit - 1)
        {
            var back = NarrowGram + BitOperations.TrailingZeroCount(hit) / 9;
            if (_confirmed.Has(NarrowHash(key, back + 1))) starts |= 1u << back;
        }

        return starts;
    }

    private uint ConfirmWide(ulong key, ulong hit)
    {
        uint starts = 0;
        for (; hit != 0; hit &= hit - 1)
        {
            var back = WideGram + BitOperations.TrailingZeroCount(hit) / 9;
            if (_confirmed.Has(WideHash(key, back + 1))) starts |= 1u << back;
        }

        return starts;
    }

    /// <summary>The last eight of a pattern's first symbols, as many as <paramref name="length"/> says, hashed with that number.</summary>
    private static ulong NarrowHash(ulong key, int length) =>
        ((length < 8 ? key & ((1UL << (8 * length)) - 1) : key) + (ulong)length) * LongMultiplier;

    private static ulong WideHash(ulong key, int length) =>
        ((length < 4 ? key & ((1UL << (16 * length)) - 1) : key) + ((ulong)length << 8)) * LongMultiplier;

    private static ulong NarrowHash(ulong key) => (key << (64 - 8 * NarrowGram)) * LongMultiplier;

    /// <summary>The last four codes, five bits each.</summary>
    private static uint FourCodes(ulong key)
    {
        if (Bmi2.IsSupported) return Bmi2.ParallelBitExtract((uint)key, 0x1F1F1F1F);
        var low = (uint)key;
        return (low >> 9 & 0xF8000) | (low >> 6 & 0x7C00) | (low >> 3 & 0x3E0) | (low & CodeMask);
    }

    private static ulong WideHash(ulong key) => (key << 16) * LongMultiplier;

    private static int LeadingNarrow(string pattern)
    {
        var length = 0;
        while (length < pattern.Length && pattern[length] < Ascii) length++;
        return length;
    }

    private static ushort[] Table(int patterns)
    {
        // Four entries a pattern; the largest table, 256 KiB, stays in the second-level cache.
        var bits = Math.Clamp(BitOperations.Log2((uint)patterns * 4 + 1) + 1, 8, 17);
        return new ushort[1 << bits];
    }

    private void AddNarrow(string pattern)
    {
        var length = Math.Min(LeadingNarrow(pattern), NarrowGram + ClassCount);
        var mark = 1 << (length - NarrowGram - 1);
        ulong key = 0;
        for (var i = 0; i < length; i++)
        {
            key = (key << 8) | (uint)(pattern[i] & CodeMask);
            var hash = NarrowHash(key) >> _narrowShift;
            if (i == NarrowGram - 1) _narrow[hash] |= (ushort)mark;
            if (i == length - 1) _narrow[hash] |= (ushort)(mark << 8);
        }

        _confirmed.Add(NarrowHash(key, length));
    }

    private static ulong KeyOf(string pattern, int length)
    {
        ulong key = 0;
        for (var i = 0; i < length; i++) key = (key << 8) | (uint)(pattern[i] & CodeMask);
        return key;
    }

    private void AddShort(string pattern)
    {
        var codes = FourCodes(KeyOf(pattern, pattern.Length));
        // Whatever stands before it.
        var free = 5 * (DirectLength - pattern.Length);
        for (uint before = 0; before < 1u << free; before++)
        {
            var run = (before << (5 * pattern.Length)) | codes;
            _short[run >> 5] |= 1u << (int)(run & CodeMask);
        }
    }

    private void AddWide(string pattern)
    {
        // Two ASCII symbols in a row break the register: the pattern counts as far as the first of them.
        var length = 2;
        while (length < pattern.Length && length < WideGram + WideClassCount && (pattern[length] >= Ascii || pattern[length - 1] >= Ascii)) length++;
        ulong key = 0;
        for (var i = 0; i < length; i++)
        {
            key = (key << 16) | pattern[i];
            if (length < WideGram) continue;
            var hash = WideHash(key) >> _wideShift;
            if (length == WideGram)
            {
                if (i == length - 1) _wide[hash] |= (ushort)ExactTriple;
                continue;
            }

            var mark = 1 << (length - WideGram - 1);
            if (i == WideGram - 1) _wide[hash] |= (ushort)mark;
            if (i == length - 1) _wide[hash] |= (ushort)(mark << 8);
        }

        if (length == 2) _pairs.Add((uint)key * LongMultiplier);
        else if (length == WideGram) _triples.Add(WideHash(key));
        else _confirmed.Add(WideHash(key, length));
    }

    /// <summary>A place where patterns may begin.</summary>
    /// <param name="Last">The character of the last symbol.</param>
    /// <param name="Starts">Bit n is set when a pattern may begin n symbols before that one.</param>
    internal readonly record struct Place(int Last, uint Starts);

    /// <summary>How far a text has been read.</summary>
    internal struct State
    {
        /// <summary>The next character to read.</summary>
        public int Position;

        /// <summary>The codes of the last eight ASCII symbols.</summary>
        public ulong Narrow;

        /// <summary>What began with the ASCII grams read.</summary>
        public ulong NarrowBits;

        /// <summary>The last four symbols, of any kind.</summary>
        public ulong Wide;

        /// <summary>What began with the other grams read.</summary>
        public ulong WideBits;

        /// <summary>The last symbol.</summary>
        public char Last;
    }

    /// <summary>Room for one block: the codes of its symbols in a row, and where they stood. Not safe for several threads.</summary>
    internal sealed class Buffer
    {
        private const int GroupLength = 64;

        private readonly ulong[] _groups = new ulong[BlockLength / GroupLength + 1];
        private readonly int[] _firsts = new int[BlockLength / GroupLength + 1];
        private int _groupCount;

        /// <summary>The codes; what is behind the symbols of the block is of no meaning.</summary>
        public byte[] Codes { get; } = new byte[BlockLength + GroupLength];

        /// <summary>Takes in a text of ASCII characters.</summary>
        /// <returns>Number of symbols.</returns>
        public int Compact(ReadOnlySpan<char> text, byte[] codes)
        {
            var count = 0;
            _groupCount = 0;
            for (var at = 0; at < text.Length; at += GroupLength)
            {
                var group = text[at..Math.Min(text.Length, at + GroupLength)];
                _firsts[_groupCount] = count;
                var bits = Avx512Vbmi2.IsSupported && group.Length == GroupLength
                    ? CompactGroup(group, codes, Codes.AsSpan(count, GroupLength))
                    : CompactSlowly(group, codes, Codes.AsSpan(count));
                _groups[_groupCount++] = bits;
                count += BitOperations.PopCount(bits);
            }

            return count;
        }

        /// <summary>Where a symbol stood in the text.</summary>
        public int PositionOf(int index)
        {
            var group = _groupCount - 1;
            while (_firsts[group] > index) group--;
            var bits = _groups[group];
            for (var skip = index - _firsts[group]; skip > 0; skip--) bits &= bits - 1;
            return group * GroupLength + BitOperations.TrailingZeroCount(bits);
        }

        /// <summary>64 characters in a dozen instructions; a step a character is a third of the whole search.</summary>
        private static ulong CompactGroup(ReadOnlySpan<char> group, byte[] codes, Span<byte> output)
        {
#pragma warning disable RS0030
            var units = MemoryMarshal.Cast<char, ushort>(group);
#pragma warning restore RS0030
            var low = Avx512BW.ConvertToVector256Byte(Vector512.Create(units[..32]));
            var high = Avx512BW.ConvertToVector256Byte(Vector512.Create(units[32..64]));
            var marked = Avx512Vbmi.PermuteVar64x8x2(
                Vector512.Create<byte>(codes.AsSpan(0, 64)), Vector512.Create(low, high), Vector512.Create<byte>(codes.AsSpan(64, 64)));
            var bits = marked.ExtractMostSignificantBits();
            var symbols = marked & Vector512.Create((byte)CodeMask);
            var mask = Vector512.GreaterThanOrEqual(marked, Vector512.Create(IsSymbol));
            Avx512Vbmi2.Compress(Vector512<byte>.Zero, mask, symbols).CopyTo(output);
            return bits;
        }

        private static ulong CompactSlowly(ReadOnlySpan<char> group, byte[] codes, Span<byte> output)
        {
            var (bits, count) = (0UL, 0);
            for (var at = 0; at < group.Length; at++)
            {
                var code = codes[group[at] & (Ascii - 1)];
                output[count] = (byte)(code & CodeMask);
                count += code >> 7;
                bits |= (ulong)(code >> 7) << at;
            }

            return bits;
        }
    }

    /// <summary>A set of hashes that may say yes wrongly: two bits each.</summary>
    private sealed class Bitmap
    {
        public Bitmap(int count)
        {
            var bits = Math.Clamp(BitOperations.Log2((uint)count * 32 + 1) + 1, 10, 20);
            (Words, Shift) = (new ulong[1 << bits >> 6], 64 - bits);
        }

        public ulong[] Words { get; }

        /// <summary>What is left of a hash when shifted by this is the place of its first bit.</summary>
        public int Shift { get; }

        public long Size => Words.Length * 8L;

        public void Add(ulong hash)
        {
            Set(hash >> Shift);
            Set((hash << 20) >> Shift);
        }

        public bool Has(ulong hash) => IsSet(hash >> Shift) && IsSet((hash << 20) >> Shift);

        private void Set(ulong place) => Words[place >> 6] |= 1UL << (int)(place & 63);

        private bool IsSet(ulong place) => (Words[place >> 6] >> (int)(place & 63) & 1) != 0;
    }
}
