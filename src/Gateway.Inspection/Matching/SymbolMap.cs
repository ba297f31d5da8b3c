using System.Text;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>
/// What each character counts as when terms are compared: a symbol, or nothing. Built on a <see cref="TextFolder"/>; on top
/// of it come look-alikes of other scripts, separators (which count as nothing) and the special views. Immutable.
/// </summary>
internal sealed class SymbolMap
{
    /// <summary>In <see cref="Simple"/>: the character counts as nothing.</summary>
    public const char Skip = '\0';

    /// <summary>In <see cref="Simple"/>: look closer, with a <see cref="Reading"/>.</summary>
    public const char Special = '\uFFFF';

    private const int CharCount = 0x10000;
    private const char FirstSound = '\uE000';

    // Characters that leetspeak and number styles take for one another: the first of each line stands for all.
    private static readonly string[] LeetClasses =
        ["o0〇零", "i1l!|一壹", "z2二贰两", "e3三叁", "a4@四肆", "s5$五伍", "6六陆", "t7+七柒", "b8八捌", "g9九玖"];

    [ThreadStatic]
    private static FoldedText? t_folded;

    private readonly char[] _second = new char[CharCount];
    private readonly byte[] _parts = new byte[CharCount];
    private readonly char[] _confusable = new char[CharCount];
    private readonly Dictionary<int, char> _farConfusable = [];
    private readonly HashSet<int> _foreign = [];
    private readonly bool _skipsSeparators;
    private readonly char[] _plain = new char[128];

    /// <summary>Makes a map.</summary>
    /// <param name="folder">The folding underneath.</param>
    /// <param name="enabled">The foldings to apply; of those that are not the folder's, <see cref="Foldings.Separator"/> and <see cref="Foldings.Confusable"/>.</param>
    /// <param name="view">How characters are read.</param>
    public SymbolMap(TextFolder folder, Foldings enabled, SymbolView view)
    {
        Folder = folder;
        View = view;
        Enabled = enabled;
        _skipsSeparators = enabled.HasFlag(Foldings.Separator);
        SkipsMarkup = enabled.HasFlag(Foldings.Markup);
        SkipsRepetition = enabled.HasFlag(Foldings.Repetition);
        for (var code = 0; code < CharCount; code++)
        {
            _parts[code] = (byte)PartOf((char)code);
            _second[code] = _parts[code] != 0 && _skipsSeparators ? Skip : (char)code;
        }

        if (view == SymbolView.Leet) ReadLeet();
        if (view == SymbolView.Sounds) ReadSounds();
        if (enabled.HasFlag(Foldings.Confusable)) ReadConfusables();
        _second[Special] = Skip;
        for (var code = 0; code < CharCount; code++) Simple[code] = SimpleOf((char)code);
        for (var code = 0; code < _plain.Length; code++)
            _plain[code] = _confusable[code] != 0 || Folder.SimpleOf((char)code) == 0 || Markup.Openings.Contains((char)code) ? Special : Simple[code];
    }

    /// <summary>The folding underneath.</summary>
    public TextFolder Folder { get; }

    /// <summary>The foldings applied.</summary>
    public Foldings Enabled { get; }

    /// <summary>Whether tags and character references may stand between symbols.</summary>
    public bool SkipsMarkup { get; }

    /// <summary>Whether symbols may be repeated.</summary>
    public bool SkipsRepetition { get; }

    /// <summary>How characters are read.</summary>
    public SymbolView View { get; }

    /// <summary>For each UTF-16 unit its symbol, <see cref="Skip"/> or <see cref="Special"/>.</summary>
    public char[] Simple { get; } = new char[CharCount];

    /// <summary>Bytes of the tables.</summary>
    public long Size => Simple.Length * 2L + _second.Length * 2L + _confusable.Length * 2L + _parts.Length;

    /// <summary>The symbol of an ASCII character that is read alike wherever it stands, <see cref="Skip"/> for a separator; <see cref="Special"/> for all others.</summary>
    public char PlainOf(char unit) => unit < _plain.Length ? _plain[unit] : Special;

    /// <summary>The symbol of a folded character, <see cref="Skip"/> for a separator.</summary>
    public char SymbolOf(char folded) => _second[folded];

    /// <summary>The Latin letter a character is drawn like; 0 for none.</summary>
    public char ConfusableOf(int code) => code < CharCount ? _confusable[code] : _farConfusable.GetValueOrDefault(code);

    /// <summary>Whether a look-alike is of another script, whose own words must not be read as Latin ones.</summary>
    public bool IsForeign(int code) => _foreign.Contains(code);

    /// <summary>What a separator counts as in a gap.</summary>
    public GapParts PartsOf(char folded) => (GapParts)_parts[folded];

    /// <summary>Whether a character outside the basic plane is a separator: emoji and other symbols.</summary>
    public bool IsSeparator(Rune rune) => _skipsSeparators && Separators.Has(rune);

    /// <summary>The symbols of a few characters that fold as one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">First character.</param>
    /// <param name="end">Past the last one.</param>
    /// <param name="symbols">Takes them; longer results are cut.</param>
    /// <returns>Their number.</returns>
    public int Expand(ReadOnlySpan<char> text, int start, int end, Span<char> symbols)
    {
        // A mark of a script is spelling after a letter of that script and decoration elsewhere.
        if (start > 0 && end == start + 1 && Folder.IsScriptMark(text[start]) && !FoldTable.HasMarksOfItsOwn(text[start - 1])) return 0;
        if (end == start + 1 && _confusable[text[start]] != 0)
        {
            symbols[0] = _confusable[text[start]];
            return 1;
        }

        var folded = t_folded ??= new FoldedText();
        folded.Clear();
        Folder.Append(text[start..end], start, folded);
        var count = 0;
        for (var i = 0; i < folded.Length && count < symbols.Length; i++)
        {
            var symbol = folded.Text[i];
            if (char.IsHighSurrogate(symbol) && i + 1 < folded.Length && char.IsLowSurrogate(folded.Text[i + 1]))
            {
                var rune = new Rune(symbol, folded.Text[i + 1]);
                var alike = ConfusableOf(rune.Value);
                if (alike != 0 || IsSeparator(rune)) i++;
                if (alike != 0 || !IsSeparator(rune)) symbols[count++] = alike != 0 ? alike : symbol;
                continue;
            }

            symbol = _second[symbol];
            if (symbol != Skip) symbols[count++] = symbol;
        }

        return count;
    }

    private char SimpleOf(char unit)
    {
        if (char.IsSurrogate(unit) || Folder.IsVoicing(unit) || Folder.IsVoiceable(unit)) return Special;
        if (_confusable[unit] != 0) return _confusable[unit];
        var folded = Folder.SimpleOf(unit);
        if (folded != 0) return Folder.IsVoiceable(folded) ? Special : _second[folded];
        return Folder.IsSkipped(unit) ? Skip : Special;
    }

    private void ReadConfusables()
    {
        foreach (var fields in TableFile.Read("confusables.txt"))
        {
            // Two regional indicators are a flag, whatever they spell.
            if (fields[0] == "regional_indicator") continue;
            var code = TableFile.Code(fields[1]);
            var letter = View == SymbolView.Leet ? _second[fields[2][0]] : fields[2][0];
            if (code < CharCount) _confusable[code] = letter;
            else _farConfusable[code] = letter;
            if (fields[0] is not ("latin" or "common")) _foreign.Add(code);
        }
    }

    private void ReadLeet()
    {
        foreach (var line in LeetClasses)
            foreach (var member in line) _second[member] = line[0];
    }

    private void ReadSounds()
    {
        var sounds = new Dictionary<string, char>(StringComparer.Ordinal);
        foreach (var fields in TableFile.Read("pinyin.txt"))
        {
            // One sound a character: its commonest reading. The others would let half the language rhyme.
            if (fields[0] != "1") continue;
            if (!sounds.TryGetValue(fields[1], out var sound)) sounds[fields[1]] = sound = (char)(FirstSound + sounds.Count);
            foreach (var character in fields[2])
                if (!char.IsSurrogate(character)) _second[character] = sound;
        }
    }

    private static GapParts PartOf(char unit)
    {
        if (WordBoundary.IsLineEnd(unit)) return GapParts.Newline;
        if (char.IsWhiteSpace(unit)) return GapParts.Space;
        if (unit is ',' or '!' or '?' or ';' or ':' or '，' or '。' or '、' or '！' or '？' or '；' or '：' or '｡' or '､') return GapParts.Clause;
        if (unit is '.') return GapParts.Dot;
        return Separators.Has(char.GetUnicodeCategory(unit)) ? GapParts.Sign : GapParts.None;
    }
}
