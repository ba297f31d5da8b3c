using System.Text.RegularExpressions;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Detectors;

/// <summary>
/// What a keyword detector must answer, computed the slow and obvious way: every way through the text is tried for every term.
/// </summary>
internal sealed partial class KeywordOracle(Lexicon lexicon, int mostSeparators = KeywordDetector.DefaultSeparators)
{
    private const string Clauses = "，。、！？；：,!?;:";
    private const string Dropped = "\u200B\u0301\u00AD";

    internal readonly record struct Hit(LexiconTerm Term, int Start, int End)
    {
        public override string ToString() => $"{Start}..{End} {Term.Rule}";
    }

    /// <summary>One folded character: where it stands, and whether it is skipped.</summary>
    private readonly record struct Mark(char Symbol, int Start, int End)
    {
        public bool IsSkipped => !char.IsLetterOrDigit(Symbol) && !char.IsSurrogate(Symbol);
    }

    /// <summary>The hits of a whole text.</summary>
    public List<Hit> HitsOf(string text) => [.. Candidates(text).Where(hit => !IsJoined(text, hit) && !IsAllowed(text, hit))];

    /// <summary>
    /// The last place where the held part of a text that is to go on may begin: some way through the text to its end is the beginning
    /// of a term, or a hit is not decided.
    /// </summary>
    /// <param name="text">The text so far.</param>
    /// <param name="fresh">The first character that is still held.</param>
    /// <param name="hintsFrom">Where holding review terms begins.</param>
    public int LatestBoundary(string text, int fresh, int hintsFrom = 0)
    {
        if (text.Length > 0 && (char.IsHighSurrogate(text[^1]) || TextFolder.Matching.UnsettledTail(text) > 0)) text = text[..^1];
        var boundary = text.Length;
        var marks = MarksOf(text);
        foreach (var term in lexicon.Terms.Where(term => term.Tier != Tier.Watch))
            for (var first = 0; first < marks.Count; first++)
                if (marks[first].Start < boundary && (term.Tier == Tier.Block || marks[first].Start >= hintsFrom) && !IsJoinedBefore(text, term, marks[first].Start)
                    && Ways(text, marks, term, first).Any(way => way.IsCut)) boundary = marks[first].Start;
        foreach (var hit in Candidates(text))
            if (hit.Start < boundary && hit.End > fresh && !IsJoined(text, hit)) boundary = hit.Term.Tier == Tier.Block || hit.Start >= hintsFrom ? hit.Start : Math.Max(hit.Start, Math.Min(boundary, hit.End - 2));
        return boundary;
    }

    private List<Hit> Candidates(string text)
    {
        var marks = MarksOf(text);
        var hits = new HashSet<Hit>();
        foreach (var term in lexicon.Terms)
            for (var first = 0; first < marks.Count; first++)
                foreach (var way in Ways(text, marks, term, first))
                    if (!way.IsCut && IsAccepted(text, marks, term, way)) hits.Add(new Hit(term, marks[first].Start, marks[way.At[^1]].End));
        return [.. hits];
    }

    private static List<Mark> MarksOf(string text)
    {
        var folded = new FoldedText();
        TextFolder.Matching.Fold(text, folded);
        return [.. Enumerable.Range(0, folded.Length).Select(i => new Mark(folded.Text[i], folded.Starts[i], folded.Ends[i]))];
    }

    /// <summary>A way through a text: the marks taken, what was skipped before each, and whether the text ends before the term does.</summary>
    private sealed record Way(List<int> At, List<string> Gaps, bool IsCut);

    private IEnumerable<Way> Ways(string text, List<Mark> marks, LexiconTerm term, int first)
    {
        var symbols = SymbolsOf(term.Text);
        if (marks[first].IsSkipped || marks[first].Symbol != symbols[0].Symbol) return [];
        return Continue(text, marks, symbols, [first], [""]);
    }

    private IEnumerable<Way> Continue(string text, List<Mark> marks, List<(char Symbol, string Gap)> symbols, List<int> at, List<string> gaps)
    {
        if (at.Count == symbols.Count)
        {
            yield return new Way(at, gaps, false);
            yield break;
        }

        foreach (var from in Ends(text, marks, at))
        {
            foreach (var (next, gap) in Nexts(text, marks, from))
            {
                var own = symbols[at.Count].Gap;
                if (CountOf(gap) > Math.Max(mostSeparators, CountOf(own))) continue;
                if (next == marks.Count) yield return new Way(at, gaps, true);
                else if (marks[next].Symbol == symbols[at.Count].Symbol)
                    foreach (var way in Continue(text, marks, symbols, [.. at, next], [.. gaps, gap])) yield return way;
            }
        }
    }

    /// <summary>The mark itself, and the last of a run of the same letter.</summary>
    private static IEnumerable<int> Ends(string text, List<Mark> marks, List<int> at)
    {
        var index = at[^1];
        yield return index;
        var (low, high) = (index, index);
        while (high + 1 < marks.Count && Same(high)) high++;
        while (low > at[0] && Same(low - 1)) low--;
        if (high == index || low == at[0] || char.IsDigit(marks[index].Symbol)) yield break;
        var enough = text[marks[index].Start] is >= '\u2E80' and < '\uFF00' ? 2 : 3;
        if (high - low + 1 >= enough || high == marks.Count - 1) yield return high;

        bool Same(int i) => marks[i].Symbol == marks[i + 1].Symbol && marks[i].End == marks[i + 1].Start && marks[i].End - marks[i].Start == 1 && !marks[i].IsSkipped
            && (text[marks[i].Start] == text[marks[i + 1].Start]
                || char.IsAsciiLetter(text[marks[i].Start]) && (text[marks[i].Start] | 0x20) == (text[marks[i + 1].Start] | 0x20));
    }

    /// <summary>The next symbols from a mark on, with what is skipped: as text, and behind tags (written as \u0001).</summary>
    private static IEnumerable<(int Next, string Gap)> Nexts(string text, List<Mark> marks, int from)
    {
        var gap = "";
        for (var i = from + 1; ; i++)
        {
            if (i == marks.Count || !marks[i].IsSkipped)
            {
                yield return (i, gap);
                yield break;
            }

            if (marks[i].Symbol == '<')
            {
                var tag = Tag().Match(text, marks[i].Start);
                if (tag.Success)
                {
                    var behind = marks.FindIndex(mark => mark.Start >= marks[i].Start + tag.Length);
                    if (behind < 0) behind = marks.Count;
                    foreach (var (next, rest) in Nexts(text, marks, behind - 1)) yield return (next, gap + "\u0001" + rest);
                }
                else if (OpenTag().IsMatch(text.AsSpan(marks[i].Start)))
                {
                    yield return (marks.Count, gap + "\u0001");
                }
            }

            gap += marks[i].Symbol;
        }
    }

    [GeneratedRegex(@"\G</?[a-zA-Z][^<>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^<(/?([a-zA-Z][^<>]*)?)$")]
    private static partial Regex OpenTag();

    private static int CountOf(string gap) => Blanks().Replace(gap, " ").Length;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    private static List<(char Symbol, string Gap)> SymbolsOf(string term)
    {
        var symbols = new List<(char, string)>();
        var gap = "";
        foreach (var mark in MarksOf(term))
        {
            if (mark.IsSkipped)
            {
                gap += mark.Symbol;
                continue;
            }

            symbols.Add((mark.Symbol, symbols.Count == 0 ? "" : gap));
            gap = "";
        }

        return symbols;
    }

    private bool IsAccepted(string text, List<Mark> marks, LexiconTerm term, Way way)
    {
        var symbols = SymbolsOf(term.Text);
        var hasTight = way.Gaps.Skip(1).Any(gap => gap == "");
        var (line, clause, split, loose) = (false, false, false, false);
        for (var i = 1; i < symbols.Count; i++)
        {
            var (gap, own) = (way.Gaps[i], symbols[i].Gap);
            if (CountOf(gap) > (own.Length > 0 ? Math.Max(mostSeparators, CountOf(own)) : mostSeparators)) return false;
            if (gap.Length == 0 && own.Any(sign => !" \n-.',，".Contains(sign))) return false;
            if (gap.Length == 0 || own.Length > 0) continue;
            if (IsEastAsian(symbols[i - 1].Symbol) || IsEastAsian(symbols[i].Symbol))
            {
                line |= gap.Contains('\n');
                clause |= gap.Any(sign => Clauses.Contains(sign));
                continue;
            }

            split = true;
            loose |= char.IsDigit(symbols[i - 1].Symbol) && char.IsDigit(symbols[i].Symbol)
                || gap.AsSpan().IndexOfAny(Clauses + ".") >= 0 && (gap.Contains(' ') || gap.Contains('\n'))
                || gap.Contains('\n') && !HyphenatedLine().IsMatch(gap);
        }

        if (clause && symbols.Count < 6 && (symbols.Count < 3 || hasTight)) return false;
        if (line && symbols.Count < 3
            && (text[..marks[way.At[0]].Start].TrimEnd(' ') is not ("" or [.., '\n']) || text[marks[way.At[^1]].End..].TrimStart(' ') is not ("" or ['\n', ..]))) return false;
        if (!split) return true;
        if (symbols.Count < 3 || loose && hasTight) return false;
        var hit = new Hit(term with { Options = TermOptions.Word }, marks[way.At[0]].Start, marks[way.At[^1]].End);
        return !IsJoined(text, hit) && !(hit.Start > 1 && text[hit.Start - 1] is '\'' or '’' && char.IsLetterOrDigit(text[hit.Start - 2]));
    }

    // A blank run that holds a line end, or one sign and a line end.
    [GeneratedRegex(@"^(\s*\n\s*|\S\n+|\n+\S)$")]
    private static partial Regex HyphenatedLine();

    private static bool IsEastAsian(char unit) => unit is >= '\u3040' and <= '\u30FF' or >= '\u4E00' and <= '\u9FFF' or >= '\uFF66' and <= '\uFF9F';

    // The only wide characters of the tests are mathematical letters.
    private static bool IsJoining(char unit) => (char.IsLetterOrDigit(unit) || unit == '_' || char.IsSurrogate(unit)) && !IsEastAsian(unit);

    private static bool IsJoined(string text, Hit hit)
    {
        if (!hit.Term.Options.HasFlag(TermOptions.Word)) return false;
        var (before, after) = (hit.Start - 1, hit.End);
        while (before >= 0 && Dropped.Contains(text[before])) before--;
        while (after < text.Length && Dropped.Contains(text[after])) after++;
        return before >= 0 && IsJoining(text[before]) && !IsEastAsian(text[hit.Start])
            || after < text.Length && IsJoining(text[after]) && !IsEastAsian(text[hit.End - 1]);
    }

    private static bool IsJoinedBefore(string text, LexiconTerm term, int start)
    {
        if (!term.Options.HasFlag(TermOptions.Word)) return false;
        var before = start - 1;
        while (before >= 0 && Dropped.Contains(text[before])) before--;
        return before >= 0 && IsJoining(text[before]) && !IsEastAsian(text[start]);
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
}
