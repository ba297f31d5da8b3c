using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Detectors;

/// <summary>What a keyword detector must answer, computed the slow and obvious way from the whole text.</summary>
internal sealed class KeywordOracle(Lexicon lexicon)
{
    private readonly bool _hasKana = lexicon.Terms.Select(term => term.Text).Concat(lexicon.AllowTerms)
        .Any(text => TextFolder.Default.Fold(text).Any(symbol => symbol is >= '\u3040' and <= '\u30FF'));

    internal readonly record struct Hit(LexiconTerm Term, int Start, int End)
    {
        public override string ToString() => $"{Start}..{End} {Term.Rule}";
    }

    /// <summary>The hits of a whole text.</summary>
    public List<Hit> HitsOf(string text) => [.. Candidates(text).Where(hit => !IsJoined(text, hit) && !IsAllowed(text, hit))];

    /// <summary>Where the held part of a text begins that is to go on, when everything before <paramref name="fresh"/> was released.</summary>
    public int BoundaryOf(string received, int fresh)
    {
        var text = received;
        if (text.Length > 0 && (char.IsHighSurrogate(text[^1]) || _hasKana && TextFolder.Default.UnsettledTail(text) > 0)) text = text[..^1];
        var folded = new FoldedText();
        TextFolder.Default.Fold(text, folded);
        var boundary = text.Length;
        foreach (var term in lexicon.Terms.Where(term => term.Tier != Tier.Watch))
            boundary = Math.Min(boundary, PartialStart(folded, TextFolder.Default.Fold(term.Text), text.Length));

        foreach (var hit in Candidates(text))
        {
            var isWatch = hit.Term.Tier == Tier.Watch;
            if (isWatch || hit.Start < fresh || IsJoined(text, hit) || IsAllowed(text, hit)) continue;
            if (IsWordOpen(text, hit) || IsAllowOpen(text, hit)) boundary = Math.Min(boundary, hit.Start);
        }

        foreach (var hit in Candidates(text))
        {
            if (hit.Term.Tier != Tier.Watch || hit.End <= fresh || IsJoined(text, hit) || !IsWordOpen(text, hit)) continue;
            boundary = Math.Min(boundary, folded.Starts[folded.Ends.LastIndexOf(hit.End)]);
        }

        return boundary;
    }

    private static int PartialStart(FoldedText folded, string term, int none)
    {
        for (var length = Math.Min(term.Length - 1, folded.Length); length > 0; length--)
            if (folded.Text[^length..].SequenceEqual(term.AsSpan(0, length))) return folded.Starts[^length];
        return none;
    }

    private static bool IsSkipped(char unit) => unit is '\u200B' or '\u0301' or '\u00AD';

    private static bool IsEastAsian(char unit) => unit is >= '\u3040' and <= '\u30FF' or >= '\u4E00' and <= '\u9FFF' or >= '\uFF66' and <= '\uFF9F';

    // The only wide characters of the tests are mathematical letters.
    private static bool IsJoining(char unit) => (char.IsLetterOrDigit(unit) || unit == '_' || char.IsSurrogate(unit)) && !IsEastAsian(unit);

    private static bool IsJoined(string text, Hit hit)
    {
        if (hit.Term.Options != TermOptions.Word) return false;
        var (before, after) = (hit.Start - 1, hit.End);
        while (before >= 0 && IsSkipped(text[before])) before--;
        while (after < text.Length && IsSkipped(text[after])) after++;
        return before >= 0 && IsJoining(text[before]) && !IsEastAsian(text[hit.Start])
            || after < text.Length && IsJoining(text[after]) && !IsEastAsian(text[hit.End - 1]);
    }

    private static bool IsWordOpen(string text, Hit hit)
    {
        if (hit.Term.Options != TermOptions.Word || IsEastAsian(text[hit.End - 1])) return false;
        return text.AsSpan(hit.End).IndexOfAnyExcept("\u200B\u0301\u00AD") < 0 && text.Length - hit.End < 16;
    }

    private bool IsAllowed(string text, Hit hit)
    {
        if (hit.Term.Tier == Tier.Watch) return false;
        var folded = new FoldedText();
        TextFolder.Plain.Fold(text, folded);
        foreach (var allow in lexicon.AllowTerms.Select(term => TextFolder.Plain.Fold(term)))
            for (var at = 0; at + allow.Length <= folded.Length; at++)
                if (folded.Text.Slice(at, allow.Length).SequenceEqual(allow)
                    && folded.Starts[at] <= hit.Start && folded.Ends[at + allow.Length - 1] >= hit.End) return true;
        return false;
    }

    private bool IsAllowOpen(string text, Hit hit)
    {
        var folded = new FoldedText();
        TextFolder.Plain.Fold(text, folded);
        return lexicon.AllowTerms.Any(allow => PartialStart(folded, TextFolder.Plain.Fold(allow), int.MaxValue) <= hit.Start);
    }

    private List<Hit> Candidates(string text)
    {
        var folded = new FoldedText();
        TextFolder.Default.Fold(text, folded);
        var hits = new List<Hit>();
        foreach (var term in lexicon.Terms)
        {
            var symbols = TextFolder.Default.Fold(term.Text);
            for (var at = 0; at + symbols.Length <= folded.Length; at++)
                if (folded.Text.Slice(at, symbols.Length).SequenceEqual(symbols))
                    hits.Add(new Hit(term, folded.Starts[at], folded.Ends[at + symbols.Length - 1]));
        }

        return hits;
    }
}
