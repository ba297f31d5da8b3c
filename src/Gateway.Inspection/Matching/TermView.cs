using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>The terms that are looked for under one way of reading characters. Immutable and safe for any number of threads.</summary>
internal sealed class TermView
{
    private TermView(SymbolMap map, List<(string Symbols, PatternInfo Info)> patterns)
    {
        Map = map;
        Patterns = [.. patterns.Select(pattern => pattern.Info)];
        Automaton = AutomatonBuilder.Build(
            [.. patterns.Select(pattern => new Pattern(pattern.Symbols, pattern.Info.Holding, pattern.Info.IsWord, GapsOf(pattern.Info)))]);
        Filter = new GramFilter(patterns.Select(pattern => (pattern.Symbols, pattern.Info.Separators.Length > 0)));
        MaxGap = patterns.SelectMany(pattern => pattern.Info.Separators).Aggregate(0, (most, own) => Math.Max(most, own.Gap.Count));
    }

    /// <summary>How characters are read.</summary>
    public SymbolMap Map { get; }

    /// <summary>What is looked for.</summary>
    public Automaton Automaton { get; }

    /// <summary>Where it may begin.</summary>
    public GramFilter Filter { get; }

    /// <summary>Patterns by id.</summary>
    public PatternInfo[] Patterns { get; }

    /// <summary>The most separators that a term has of its own between two symbols.</summary>
    public int MaxGap { get; }

    /// <summary>Bytes of the tables.</summary>
    public long Size => Map.Size + Automaton.Size + Filter.Size;

    /// <summary>Compiles the terms of one view.</summary>
    /// <param name="map">How characters are read.</param>
    /// <param name="terms">The terms.</param>
    /// <param name="holding">Says whether a stream waits for a spelling.</param>
    /// <param name="spellings">Gives the texts to look for, with what they are.</param>
    public static TermView Compile(
        SymbolMap map,
        IReadOnlyList<LexiconTerm> terms,
        Func<LexiconTerm, Foldings, Holding> holding,
        Func<LexiconTerm, IEnumerable<(string Text, Foldings Variant, bool IsWord)>> spellings)
    {
        var reading = new Reading(map);
        var patterns = new List<(string, PatternInfo)>();
        for (var i = 0; i < terms.Count; i++)
        {
            foreach (var (text, variant, isWord) in spellings(terms[i]))
            {
                reading.Read(text, 0, text.Length);
                if (reading.Length == 0) continue;
                var symbols = new char[reading.Length];
                var own = new OwnGap[reading.Length - 1];
                var (hasOwn, confusables, foreign) = (false, 0, 0);
                for (var j = 0; j < symbols.Length; j++)
                {
                    symbols[j] = reading[j].Symbol;
                    if (reading[j].IsConfusable) confusables++;
                    if (reading[j].IsForeign) foreign++;
                    if (j == 0 || reading[j].Gap.Count == 0) continue;
                    // A character that folds to several words has its gaps inside.
                    var (from, to) = (reading[j - 1].End, Math.Max(reading[j - 1].End, reading[j].Start));
                    own[j - 1] = new OwnGap(reading[j].Gap, IsRequired(text.AsSpan(from, to - from)));
                    hasOwn = true;
                }

                var info = new PatternInfo(i, holding(terms[i], variant), variant, isWord, hasOwn ? own : [], confusables, foreign, map.Folder.FoldingsIn(text)) { Length = symbols.Length };
                patterns.Add((new string(symbols), info));
            }
        }

        return new TermView(map, patterns);
    }

    private static ulong GapsOf(PatternInfo pattern)
    {
        var gaps = 0UL;
        for (var i = 0; i < pattern.Separators.Length; i++)
            if (pattern.Separators[i].Exists) gaps |= Below.BitOf(i + 1);
        return gaps;
    }

    /// <summary>Blanks, hyphens, apostrophes, dots and underscores join words that are also written in one; other signs belong to the word.</summary>
    private static bool IsRequired(ReadOnlySpan<char> separators)
    {
        foreach (var sign in separators)
            if (!char.IsWhiteSpace(sign) && sign is not ('-' or '‐' or '‑' or '–' or '\'' or '’' or '·' or '・' or '.' or '_' or ',' or '，' or '、')) return true;
        return false;
    }
}
