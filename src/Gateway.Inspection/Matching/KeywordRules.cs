using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>A lexicon compiled for matching. Immutable and safe for any number of threads.</summary>
internal sealed class KeywordRules
{
    private readonly Foldings[] _termFoldings;
    private readonly bool _hasKana;

    public KeywordRules(Lexicon lexicon, TextFolder folder)
    {
        Folder = folder;
        Terms = [.. lexicon.Terms];
        _termFoldings = [.. Terms.Select(term => folder.FoldingsIn(term.Text))];
        Pattern[] patterns = [.. Terms.Select(term => new Pattern(folder.Fold(term.Text), term.Tier != Tier.Watch))];
        Automaton = AutomatonBuilder.Build(patterns);
        Allowed = AutomatonBuilder.Build([.. lexicon.AllowTerms.Select(term => new Pattern(TextFolder.Plain.Fold(term), true))]);
        _hasKana = Enumerable.Range(0x3040, 0xC0).Any(symbol => Automaton.Knows((char)symbol) || Allowed.Knows((char)symbol));

        // What must be seen again: an allow term that began before the held text, a watch term (they are not held; two
        // units a character, so that wide characters fit), the neighbour of a whole word, half a surrogate pair.
        var watched = Terms.Zip(patterns).Max(pair => pair.First.Tier == Tier.Watch ? pair.Second.Symbols.Length : (int?)0) ?? 0;
        var wholeWords = Terms.Any(term => term.Options.HasFlag(TermOptions.Word));
        Context = 2 * Math.Max(Allowed.MaxDepth, watched) + (wholeWords ? WordBoundary.Reach : 0) + 2;
    }

    public TextFolder Folder { get; }

    /// <summary>Terms by the id of their pattern.</summary>
    public LexiconTerm[] Terms { get; }

    public Automaton Automaton { get; }

    /// <summary>The allow-list; depth 0 when there is none.</summary>
    public Automaton Allowed { get; }

    /// <summary>Released characters to be shown again, UTF-16 units.</summary>
    public int Context { get; }

    /// <summary>Characters at the end of a text that must wait for the next one before they can be folded.</summary>
    public int UnsettledTail(ReadOnlySpan<char> text)
    {
        // Japanese text would otherwise be held one kana at a time for lexicons that have none.
        if (text.IsEmpty || !_hasKana && !char.IsHighSurrogate(text[^1])) return 0;
        return Folder.UnsettledTail(text);
    }

    /// <summary>The foldings that led from the text to the term.</summary>
    public Foldings FoldingsOf(int term, ReadOnlySpan<char> found)
    {
        if (found.SequenceEqual(Terms[term].Text)) return Foldings.None;
        var foldings = Folder.FoldingsIn(found);
        // A folding both went through was not what told them apart, unless it was the only one: Heroin and HEROIN.
        var apart = foldings ^ _termFoldings[term];
        return apart != Foldings.None ? apart : foldings;
    }
}
