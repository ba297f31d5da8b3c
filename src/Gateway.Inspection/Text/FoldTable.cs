namespace Gateway.Inspection.Text;

/// <summary>
/// What each character folds to, computed once from the embedded Unicode data for one set of foldings. The data holds
/// mappings one level deep; following them to the end here keeps folding idempotent.
/// </summary>
internal sealed class FoldTable
{
    private const int BmpSize = 0x10000;
    private const int FirstKana = 0x3040;
    private const int KanaCount = 0xC0;

    private readonly Dictionary<int, Folded> _special = [];
    private readonly char[] _voiced = new char[KanaCount];
    private readonly char[] _semiVoiced = new char[KanaCount];
    private readonly ushort[] _foldings = new ushort[BmpSize];
    private readonly Dictionary<int, int> _variants = [];
    private readonly Foldings _enabled;

    public FoldTable(Foldings enabled)
    {
        _enabled = enabled;
        for (var code = 1; code < BmpSize; code++) Simple[code] = char.IsSurrogate((char)code) ? '\0' : (char)code;
        Simple[0] = '\0';
        _special[0] = new Folded("\0", Foldings.None);

        var mappings = ReadMappings();
        if (enabled.HasFlag(Foldings.Traditional)) ReadVariants();
        foreach (var code in mappings.Codes.Concat(_variants.Keys.Where(code => !mappings.Maps(code))))
        {
            var foldings = Foldings.None;
            var text = Simplify(Resolve(code, mappings, ref foldings), ref foldings);
            Set(code, new Folded(DropStrayMarks(text, mappings), foldings));
        }

        // What is invisible, and marks, after the mappings: their own decompositions do not matter.
        if (enabled.HasFlag(Foldings.ZeroWidth))
            foreach (var code in mappings.Ignorable) Set(code, new Folded("", Foldings.ZeroWidth));
        if (enabled.HasFlag(Foldings.CombiningMark))
            foreach (var code in mappings.Marks) SetMark(code, mappings);
        foreach (var mark in "\u3099\u309A\u309B\u309C\uFF9E\uFF9F")
            if (VoicingOf(mark) != '\0') Simple[mark] = '\0';
    }

    /// <summary>The folded character of each UTF-16 unit; 0 where the answer is not one character of the basic plane.</summary>
    public char[] Simple { get; } = new char[BmpSize];

    /// <summary>The foldings a character of the basic plane goes through.</summary>
    public Foldings FoldingsOf(char unit) => (Foldings)_foldings[unit];

    /// <summary>Looks up a code point that <see cref="Simple"/> leaves open; a null text is a mark that depends on its base.</summary>
    public bool TryGetSpecial(int code, out Folded folded) => _special.TryGetValue(code, out folded);

    /// <summary>U+3099 or U+309A for the characters that voice the kana before them, in any width; 0 for all others.</summary>
    public char VoicingOf(char unit) => unit switch
    {
        '\u3099' or '\u309A' when _enabled.HasFlag(Foldings.CombiningMark) => unit,
        '\u309B' or '\u309C' when _enabled.HasFlag(Foldings.Compatibility) => (char)(unit - 2),
        '\uFF9E' or '\uFF9F' when _enabled.HasFlag(Foldings.Width) => (char)(unit - 0xFF9E + 0x3099),
        _ => '\0',
    };

    /// <summary>The kana with its voicing mark as one character; 0 when there is none.</summary>
    public char Voice(char kana, char mark)
    {
        var index = kana - FirstKana;
        if ((uint)index >= KanaCount) return '\0';
        return mark == '\u3099' ? _voiced[index] : _semiVoiced[index];
    }

    /// <summary>Whether a letter belongs to the scripts that spell with marks of their own.</summary>
    public static bool HasMarksOfItsOwn(char symbol) =>
        symbol is >= '\u0590' and <= '\u1FFF' or >= '\uA800' and <= '\uABFF' || char.IsSurrogate(symbol);

    private static bool IsGenericMark(int code) => code is >= 0x300 and <= 0x36F or 0x488 or 0x489 or >= 0x1AB0 and <= 0x1AFF
        or >= 0x1DC0 and <= 0x1DFF or >= 0x20D0 and <= 0x20FF or >= 0xFE20 and <= 0xFE2F;

    /// <summary>Arabic presentation forms decompose to a blank with vowel signs: the signs go, as they do in a text.</summary>
    private string DropStrayMarks(string text, Mappings mappings)
    {
        if (text.Length < 2 || !_enabled.HasFlag(Foldings.CombiningMark)) return text;
        var kept = text[..1];
        foreach (var symbol in text.AsSpan(1))
            if (HasMarksOfItsOwn(kept[^1]) || !mappings.Marks.Contains(symbol)) kept += symbol;
        return kept;
    }

    private void Set(int code, Folded folded)
    {
        if (code < BmpSize)
        {
            _foldings[code] = (ushort)folded.Foldings;
            Simple[code] = folded.Text is { Length: 1 } ? folded.Text[0] : '\0';
            if (Simple[code] != '\0') return;
        }

        _special[code] = folded;
    }

    private void SetMark(int code, Mappings mappings)
    {
        if (mappings.Ignorable.Contains(code)) return;
        // Marks made for any letter vanish on any letter. Those of a script (Arabic vowels, Indic signs) are spelling
        // there and decoration elsewhere: a null text makes the folder look at the letter before.
        if (IsGenericMark(code)) Set(code, new Folded("", Foldings.CombiningMark));
        else if (code < BmpSize) Set(code, new Folded(null, Foldings.CombiningMark));
    }

    /// <summary>Han characters in the standard form; forms outside the basic plane are left as they are.</summary>
    private string Simplify(string text, ref Foldings foldings)
    {
        if (_variants.Count == 0) return text;
        var simple = "";
        foreach (var rune in text.EnumerateRunes())
        {
            var known = _variants.TryGetValue(rune.Value, out var standard);
            if (known) foldings |= Foldings.Traditional;
            simple += known ? char.ConvertFromUtf32(standard) : rune.ToString();
        }

        return simple;
    }

    private string Resolve(int code, Mappings mappings, ref Foldings foldings)
    {
        if (_enabled.HasFlag(Foldings.ZeroWidth) && mappings.Ignorable.Contains(code)) return "";
        if (_enabled.HasFlag(Foldings.CombiningMark) && IsGenericMark(code)) return "";
        if (TryStep(code, mappings, ref foldings) is not { } next) return char.ConvertFromUtf32(code);

        var text = "";
        foreach (var part in next) text += part == code ? char.ConvertFromUtf32(part) : Resolve(part, mappings, ref foldings);
        return text;
    }

    private int[]? TryStep(int code, Mappings mappings, ref Foldings foldings)
    {
        ReadOnlySpan<(string Kind, Foldings Folding)> steps =
        [
            ("width", Foldings.Width), ("compat", Foldings.Compatibility), ("singleton", Foldings.Compatibility),
            ("marked", Foldings.CombiningMark), ("case", Foldings.Case),
        ];
        foreach (var (kind, folding) in steps)
        {
            if (!_enabled.HasFlag(folding) || !mappings.ByKind[kind].TryGetValue(code, out var next)) continue;
            foldings |= folding;
            return next;
        }

        return null;
    }

    private void ReadVariants()
    {
        foreach (var fields in TableFile.Read("han-variants.txt")) _variants[TableFile.Code(fields[1])] = TableFile.Code(fields[2]);
    }

    private Mappings ReadMappings()
    {
        var mappings = new Mappings();
        foreach (var fields in TableFile.Read("unicode-foldings.txt"))
        {
            var codes = new int[fields.Length - 1];
            for (var i = 0; i < codes.Length; i++) codes[i] = TableFile.Code(fields[i + 1]);
            switch (fields[0])
            {
                case "voiced":
                    if ((uint)(codes[1] - FirstKana) < KanaCount)
                        (codes[2] == 0x3099 ? _voiced : _semiVoiced)[codes[1] - FirstKana] = (char)codes[0];
                    break;
                case "ignorable":
                    for (var code = codes[0]; code <= codes[1]; code++) mappings.Ignorable.Add(code);
                    break;
                case "mark":
                    for (var code = codes[0]; code <= codes[1]; code++) mappings.Marks.Add(code);
                    break;
                default:
                    mappings.ByKind[fields[0]][codes[0]] = codes[1..];
                    break;
            }
        }

        return mappings;
    }

    /// <summary>What a code point that is not simple folds to.</summary>
    internal readonly record struct Folded(string? Text, Foldings Foldings);

    private sealed class Mappings
    {
        public Dictionary<string, Dictionary<int, int[]>> ByKind { get; } = new(StringComparer.Ordinal)
        {
            ["width"] = [],
            ["compat"] = [],
            ["singleton"] = [],
            ["marked"] = [],
            ["case"] = [],
        };

        public HashSet<int> Ignorable { get; } = [];

        public HashSet<int> Marks { get; } = [];

        public bool Maps(int code) => ByKind.Values.Any(kind => kind.ContainsKey(code));

        public IEnumerable<int> Codes => ByKind.Values.SelectMany(kind => kind.Keys).Distinct();
    }
}
