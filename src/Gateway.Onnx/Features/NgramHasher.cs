using System.Runtime.CompilerServices;
using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Features;

/// <summary>
/// Turns folded text into ids, in text order, without making a string per n-gram. The exact ids are a contract with every
/// trained model: golden values in the tests keep it.
/// </summary>
internal sealed class NgramHasher
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;
    private const ulong WordSalt = 0xD1B54A32D192ED03;
    private const ulong PairSalt = 0x8CB92BA72F3D8DD7;
    private const ulong TripleSalt = 0xA24BAED4963EE407;
    private const ulong AnswerSalt = 0x9FB21C651E98DF25;
    private const ulong OpeningSalt = 0x94D049BB133111EB;
    private const char Boundary = ' ';

    /// <summary>Four boundaries.</summary>
    private const ulong Boundaries = 0x0020_0020_0020_0020;

    private readonly NgramSettings _settings;
    private readonly ulong _seed;
    private readonly ulong _highest;

    public NgramHasher(NgramSettings settings)
    {
        _settings = settings;
        _seed = Mix((ulong)(uint)settings.Seed + Multiplier);
        _highest = (ulong)settings.HighestId;
    }

    /// <summary>
    /// Appends the ids of a folded text to <paramref name="ids"/>. Whitespace and control characters count as one
    /// boundary, and the text is bounded on both sides, so that a text of one letter has an id too.
    /// </summary>
    public void Extract(ReadOnlySpan<char> folded, TextSide side, NgramIds ids)
    {
        var answer = _settings.SideWords && side == TextSide.Response;
        // The last five characters: n-grams are hashed backwards from the newest, which lies in the lowest bits; the oldest lies beside the other four.
        var (recent, oldest) = (Boundaries, Boundary);
        ulong word = 0, previousWord = 0, wordBefore = 0;

        for (var i = 0; i <= folded.Length; i++)
        {
            var c = i == folded.Length ? Boundary : folded[i];
            if (c <= Boundary || (c > '~' && (char.IsWhiteSpace(c) || char.IsControl(c)))) c = Boundary;
            var before = (char)recent;
            if (c == Boundary && before == Boundary) continue;

            oldest = (char)(recent >> 48);
            recent = (recent << 16) | c;
            ids.Position = i;

            var opening = i < _settings.OpeningLength;
            if (IsDense(c)) AddDense(recent, oldest, answer, opening, ids);
            else if (c != Boundary || !IsDense(before)) AddSpaced(recent, oldest, ids);

            if (_settings.WordOrder == 0) continue;
            if (IsWordPart(c))
            {
                word = Step(word == 0 ? _seed ^ WordSalt : word, c);
                continue;
            }

            if (word != 0)
            {
                AddWord(word, previousWord, wordBefore, answer, opening, ids);
                (wordBefore, previousWord) = (previousWord, word);
            }

            if (IsDense(c)) (previousWord, wordBefore) = (0, 0);
            word = 0;
        }
    }

    private void AddDense(ulong recent, char oldest, bool answer, bool opening, NgramIds ids)
    {
        var hash = _seed;
        for (var k = 0; k < _settings.DenseOrder; k++)
        {
            var c = (char)recent;
            recent = (recent >> 16) | ((ulong)oldest << 48);
            hash = Step(hash, c);
            ids.Add(Bucket(hash));
            if (answer && k == 1) ids.Add(Bucket(hash ^ AnswerSalt));
            if (opening && k == 1) ids.Add(Bucket(hash ^ OpeningSalt));
            if (c == Boundary) return;
        }
    }

    private void AddSpaced(ulong recent, char oldest, NgramIds ids)
    {
        var hash = _seed;
        for (var k = 0; k < _settings.SpacedOrderMax; k++)
        {
            var c = (char)recent;
            recent = (recent >> 16) | ((ulong)oldest << 48);
            hash = Step(hash, c);
            if (k + 1 >= _settings.SpacedOrderMin) ids.Add(Bucket(hash));
            if (k > 0 && c == Boundary) return;
        }
    }

    private void AddWord(ulong word, ulong previous, ulong before, bool answer, bool opening, NgramIds ids)
    {
        ids.Add(Bucket(word));
        if (answer) ids.Add(Bucket(word ^ AnswerSalt));
        if (opening) ids.Add(Bucket(word ^ OpeningSalt));
        if (_settings.WordOrder < 2 || previous == 0) return;
        var pair = Mix((previous * PairSalt) ^ word);
        ids.Add(Bucket(pair));
        if (answer) ids.Add(Bucket(pair ^ AnswerSalt));
        if (opening) ids.Add(Bucket(pair ^ OpeningSalt));
        if (_settings.WordOrder > 2 && before != 0) ids.Add(Bucket(Mix((before * TripleSalt) ^ pair)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Bucket(ulong hash) => 1 + (int)(((Mix(hash) >> 32) * _highest) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step(ulong hash, char c)
    {
        hash = (hash ^ c) * Multiplier;
        return hash ^ (hash >> 29);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 32)) * PairSalt;
        return hash ^ (hash >> 29);
    }

    /// <summary>Scripts written without spaces, and everything that comes in surrogates: a single character already means something.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsDense(char c) => c >= '\u2E80';

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsWordPart(char c) => c < '\u2E80' && (char.IsLetterOrDigit(c) || c == '\'');
}
