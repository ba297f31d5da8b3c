using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>A lexicon compiled for matching. Immutable and safe for any number of threads.</summary>
internal sealed class KeywordRules
{
    private const int LongestWatchContext = 1024;
    private const int EncodedContext = 256;

    private readonly bool _variantsMayBlock;
    private readonly TierTable _tiers;
    private readonly bool _hasKana;

    public KeywordRules(Lexicon lexicon, Foldings foldings, int mostSeparators, bool variantsMayBlock, TierTable tiers)
    {
        Foldings = foldings;
        MostSeparators = mostSeparators;
        _variantsMayBlock = variantsMayBlock;
        _tiers = tiers;
        Folder = foldings.HasFlag(TextFolder.Matching.Enabled) ? TextFolder.Matching : new TextFolder(foldings);
        Terms = [.. lexicon.Terms];
        var letters = new SymbolMap(Folder, foldings, SymbolView.Letters);
        var views = new List<TermView> { TermView.Compile(letters, Terms, HoldingOf, term => Spellings.Of(term).Where(spelling => foldings.HasFlag(spelling.Variant))) };
        AddView(views, TermOptions.Leet, Foldings.Leet, SymbolView.Leet);
        AddView(views, TermOptions.Homophone, Foldings.Homophone, SymbolView.Sounds);
        Views = [.. views];
        Allowed = AutomatonBuilder.Build([.. lexicon.AllowTerms.Select(term => new Pattern(TextFolder.Plain.Fold(term), Holding.Always))]);
        Near = [.. Terms.Select(term => term.Near.Select(rule => new NearPattern(SymbolsOf(letters, rule.Text), rule)).ToArray())];
        HasLoose = Views.Any(view => view.Patterns.Any(pattern => pattern.Holding == Holding.None));
        HasHints = Views.Any(view => view.Patterns.Any(pattern => pattern.Holding == Holding.Hint));
        _hasKana = Enumerable.Range(0x3040, 0xC0).Any(symbol => Views[0].Automaton.Knows((char)symbol) || Allowed.Knows((char)symbol));
        ReadsEncodings = foldings.HasFlag(Foldings.Encoding) && Terms.Length > 0;
        Context = ContextNeeded();
    }

    /// <summary>The foldings applied.</summary>
    public Foldings Foldings { get; }

    /// <summary>Separators tolerated between two symbols of a term.</summary>
    public int MostSeparators { get; }

    public TextFolder Folder { get; }

    /// <summary>Terms in the order of the lexicon.</summary>
    public LexiconTerm[] Terms { get; }

    /// <summary>The ways of reading; the first is by letters.</summary>
    public TermView[] Views { get; }

    /// <summary>What must stand near the hits of each term, or must not.</summary>
    public NearPattern[][] Near { get; }

    /// <summary>The allow-list; depth 0 when there is none.</summary>
    public Automaton Allowed { get; }

    /// <summary>Whether some pattern is held by nothing.</summary>
    public bool HasLoose { get; }

    /// <summary>Whether some pattern holds as a hint.</summary>
    public bool HasHints { get; }

    /// <summary>Whether encoded runs are decoded and read too.</summary>
    public bool ReadsEncodings { get; }

    /// <summary>Released characters to be shown again, UTF-16 units.</summary>
    public int Context { get; }

    /// <summary>How far what has begun may reach before it is held after all, UTF-16 units: its beginning must still be shown.</summary>
    public int LooseReach { get; private set; }

    /// <summary>Bytes of the compiled tables.</summary>
    public long Size => Allowed.Size + Views.Sum(view => view.Size);

    /// <summary>Characters at the end of a text that must wait for the next one before they can be folded.</summary>
    public int UnsettledTail(ReadOnlySpan<char> text)
    {
        // Japanese text would otherwise be held one kana at a time for lexicons that have none.
        if (text.IsEmpty || !_hasKana && !char.IsHighSurrogate(text[^1])) return 0;
        return Folder.UnsettledTail(text);
    }

    /// <summary>The foldings that led from the text to the term.</summary>
    /// <param name="pattern">What was found.</param>
    /// <param name="found">The text found.</param>
    /// <param name="path">The foldings on the way from symbol to symbol.</param>
    public Foldings FoldingsOf(PatternInfo pattern, ReadOnlySpan<char> found, Foldings path)
    {
        if (pattern.Variant != Foldings.None) return path | pattern.Variant | Folder.FoldingsIn(found);
        if (found.SequenceEqual(Terms[pattern.Term].Text)) return Foldings.None;
        var foldings = Folder.FoldingsIn(found);
        // A folding both went through was not what told them apart, unless it was the only one: Heroin and HEROIN.
        var apart = (foldings ^ pattern.Foldings) | path;
        return apart != Foldings.None ? apart : foldings;
    }

    /// <summary>Whether a stream waits for a spelling of a term: not where it decides no more than a label.</summary>
    private Holding HoldingOf(LexiconTerm term, Foldings variant)
    {
        var isInnocent = !_variantsMayBlock && (variant & ~Foldings.Leet) != 0;
        if (isInnocent) return Holding.None;
        return _tiers.Of(term.Risk, term.Tier) switch
        {
            TierAction.Block when _tiers.IsDivided(term.Risk, term.Tier) && !_tiers.ConfirmsBeyondReview => Holding.Hint,
            TierAction.Block => Holding.Always,
            TierAction.Confirm when term.Risk == Policy.CrisisRisk => Holding.None,
            TierAction.Confirm => _tiers.ConfirmsBeyondReview ? Holding.Always : Holding.Hint,
            _ => Holding.None,
        };
    }

    private void AddView(List<TermView> views, TermOptions option, Foldings variant, SymbolView view)
    {
        if (!Foldings.HasFlag(variant) || !Terms.Any(term => term.Options.HasFlag(option))) return;
        views.Add(TermView.Compile(new SymbolMap(Folder, Foldings, view), Terms, HoldingOf, term => term.Options.HasFlag(option)
            ? [(term.Text, variant, term.Options.HasFlag(TermOptions.Word))] : []));
    }

    private static string SymbolsOf(SymbolMap map, string text)
    {
        var reading = new Reading(map);
        reading.Read(text, 0, text.Length);
        return string.Create(reading.Length, reading, (symbols, read) =>
        {
            for (var i = 0; i < symbols.Length; i++) symbols[i] = read[i].Symbol;
        });
    }

    private int ContextNeeded()
    {
        // What must be seen again: an allow term that began before the held text, what is not held (room for
        // separators and wide characters), the neighbours of a word, what must stand near, half a surrogate pair.
        var watched = 0;
        foreach (var view in Views)
            foreach (var pattern in view.Patterns)
                if (pattern.Holding == Holding.None) watched = Math.Max(watched, pattern.Length);
        var near = Near.SelectMany(rules => rules).Aggregate(0, (most, rule) => Math.Max(most, rule.Rule.Distance));
        var reach = Math.Max(2 * Allowed.MaxDepth, Math.Min(LongestWatchContext, watched * (MostSeparators + 2)));
        if (ReadsEncodings) reach = Math.Max(reach, EncodedContext);
        LooseReach = reach;
        return reach + near + WordBoundary.Reach + 2;
    }
}
