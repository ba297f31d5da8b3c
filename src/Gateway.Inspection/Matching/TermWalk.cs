using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Follows patterns through a reading from one symbol on: past separators, around tags, over repeated characters. The one place
/// that says what counts as a hit. Reusable; not safe for several threads.
/// </summary>
internal sealed class TermWalk
{
    // Chinese text is wrapped anywhere, so that a word of so many characters goes on in the next line; two of them often meet there by chance.
    private const int LeastWrapped = 3;
    private const int LeastClauses = 6;

    private readonly TermView _view;
    private readonly int _mostGap;
    private readonly int _mostSeparators;
    private readonly bool _skipsRepetition;
    private readonly int[] _at;
    private readonly Gap[] _gaps;

    /// <summary>Makes a walk.</summary>
    /// <param name="view">What is looked for.</param>
    /// <param name="mostSeparators">Separators tolerated between two symbols.</param>
    public TermWalk(TermView view, int mostSeparators)
    {
        _view = view;
        _mostSeparators = mostSeparators;
        _mostGap = Math.Max(mostSeparators, view.MaxGap);
        _skipsRepetition = view.Map.SkipsRepetition;
        _at = new int[view.Automaton.MaxDepth + 1];
        _gaps = new Gap[view.Automaton.MaxDepth + 1];
    }

    /// <summary>What was found, in no particular order; the caller clears it.</summary>
    public List<Found> Found { get; } = [];

    /// <summary>Whether a pattern that always holds, begun at the symbol, may still be completed by text to come.</summary>
    public bool IsAlive { get; private set; }

    /// <summary>The same of a pattern that holds as a hint.</summary>
    public bool IsHintAlive { get; private set; }

    /// <summary>Whether the walk came to the end of the reading.</summary>
    public bool ReachedEnd { get; private set; }

    /// <summary>Finds the patterns that begin at a symbol, and whether more may.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="text">The text it was made from.</param>
    /// <param name="first">Index of the symbol.</param>
    public void Run(Reading reading, ReadOnlySpan<char> text, int first)
    {
        (IsAlive, IsHintAlive, ReachedEnd) = (false, false, false);
        var state = _view.Automaton.Descend(Automaton.Root, reading[first].Symbol);
        if (state != Automaton.Root) Enter(reading, text, state, 1, first, Foldings.None);
    }

    /// <summary>A symbol has led to a state.</summary>
    private void Enter(Reading reading, ReadOnlySpan<char> text, int state, int depth, int index, Foldings path)
    {
        _at[depth] = index;
        var automaton = _view.Automaton;
        var output = automaton.OutputOf(state);
        if (output != 0 && automaton.RecordOf(output).Length == depth)
            foreach (var pattern in automaton.PatternsOf(automaton.RecordOf(output))) Check(reading, text, pattern, depth, path);
        if (!automaton.HasBelow(state)) return;

        Advance(reading, text, state, depth, index, path);
        if (!_skipsRepetition) return;
        var last = EndOfRun(reading, text, index);
        if (IsRepetition(reading, text, index, last)) Advance(reading, text, state, depth, last, path | Foldings.Repetition);
    }

    /// <summary>Goes on to the symbols after one: the next, and those behind tags in between.</summary>
    private void Advance(Reading reading, ReadOnlySpan<char> text, int state, int depth, int index, Foldings path)
    {
        var next = index + 1;
        Take(reading, text, state, depth, next, reading[next].Gap, path);
        var (jump, gap) = (reading[next].JumpTo, reading[next].JumpGap);
        while (jump != 0 && gap.Count <= _mostGap)
        {
            if (jump == Reading.Unfinished)
            {
                End(reading, text, state, depth, gap);
                return;
            }

            ref readonly var element = ref reading[jump];
            Take(reading, text, state, depth, jump, gap.Then(element.After), path);
            if (element.JumpTo == 0) return;
            (jump, gap) = (element.JumpTo, gap.Then(element.JumpAfter));
        }
    }

    private void Take(Reading reading, ReadOnlySpan<char> text, int state, int depth, int index, Gap gap, Foldings path)
    {
        if (gap.Count > _mostGap) return;
        if (index == reading.Length)
        {
            End(reading, text, state, depth, gap);
            return;
        }

        var child = _view.Automaton.Descend(state, reading[index].Symbol);
        if (child == Automaton.Root) return;
        _gaps[depth + 1] = gap;
        Enter(reading, text, child, depth + 1, index, path);
    }

    /// <summary>The reading ends inside a pattern.</summary>
    private void End(Reading reading, ReadOnlySpan<char> text, int state, int depth, Gap trailing)
    {
        ReachedEnd = true;
        if (!IsAlive) IsAlive = MayGoOn(reading, text, _view.Automaton.Below(state), depth, trailing);
        if (!IsHintAlive) IsHintAlive = MayGoOn(reading, text, _view.Automaton.HintsBelow(state), depth, trailing);
    }

    /// <summary>The last symbol of a run of the same character.</summary>
    private static int EndOfRun(Reading reading, ReadOnlySpan<char> text, int index)
    {
        while (index + 1 < reading.Length && IsSame(reading, text, index)) index++;
        return index;
    }

    private static bool IsSame(Reading reading, ReadOnlySpan<char> text, int index)
    {
        var (start, next) = (reading[index].Start, reading[index + 1].Start);
        return reading[index].Symbol == reading[index + 1].Symbol && reading[index].End == next && next == start + 1
            && RepeatScan.AreAlike(text[start], text[next]);
    }

    /// <summary>
    /// Whether the symbols up to the last of a run may be passed over: three alike in an alphabet (no word has them), two alike
    /// in Chinese. Not the first of a pattern: it also begins at the last of the run. Digits mean what they say.
    /// </summary>
    private bool IsRepetition(Reading reading, ReadOnlySpan<char> text, int index, int last)
    {
        if (last == index) return false;
        var symbol = reading[index].Symbol;
        if (char.IsDigit(symbol)) return false;
        var first = index;
        while (first > _at[1] && IsSame(reading, text, first - 1)) first--;
        if (first == _at[1]) return false;
        // A run that the text ends in may grow.
        return last - first + 1 >= (RepeatScan.IsSyllabic(text[reading[index].Start]) ? 2 : 3)
            || last == reading.Length - 1 && reading[last].End == reading.To;
    }

    private void Check(Reading reading, ReadOnlySpan<char> text, int id, int depth, Foldings path)
    {
        var pattern = _view.Patterns[id];
        var (isSplit, isSpaced, isLine, isClause, isLoose, hasTight, confusables, foreign) = (false, false, false, false, false, false, 0, 0);
        for (var i = 1; i <= depth; i++)
        {
            if (reading[_at[i]].IsConfusable) confusables++;
            if (reading[_at[i]].IsForeign) foreign++;
            if (i == 1) continue;
            var (gap, own) = (_gaps[i], pattern.GapBefore(i - 1));
            if (own.IsRequired && gap.Count == 0) return;
            if (gap.Count > (own.Exists ? Math.Max(_mostSeparators, own.Gap.Count) : _mostSeparators)) return;
            if (gap != own.Gap)
            {
                if ((gap.Parts & GapParts.Markup) != 0) path |= Foldings.Markup;
                if (gap.Parts != GapParts.Markup) path |= Foldings.Separator;
            }

            if (gap.Count == 0) hasTight = true;
            if (gap.Count == 0 || own.Exists) continue;
            Judge(reading, i, gap, ref isSplit, ref isSpaced, ref isLine, ref isClause, ref isLoose);
        }

        // Look-alikes of another script count between letters that are what they seem; a Russian word is not English.
        if (foreign == depth && pattern.ForeignCount == 0 || foreign == 0 && pattern.ForeignCount == depth) return;
        if (confusables > 0 && confusables != pattern.ConfusableCount) path |= Foldings.Confusable;

        var found = new Found(id, reading[_at[1]].Start, reading[_at[depth]].End, path, false);
        if (isClause && !SpansClauses(depth, hasTight)) return;
        if (isLine && depth < LeastWrapped)
        {
            // Each character has a line to itself.
            if (!WordBoundary.StartsLine(text, found.Start)) return;
            var ends = WordBoundary.EndsLine(text, found.End);
            if (ends == false) return;
            found = found with { IsOpen = ends is null };
        }

        if (pattern.IsWord || isSplit)
        {
            if (isSplit && (depth < 3 || isLoose && hasTight || !WordBoundary.StartsSpelling(text, found.Start, _view.Map.Folder))) return;
            if (isSpaced && IsOrdinary(reading, pattern, depth)) return;
            if (WordBoundary.JoinsBefore(text, found.Start, _view.Map.Folder)) return;
            var joins = WordBoundary.JoinsAfter(text, found.End, _view.Map.Folder);
            if (joins == true) return;
            found = found with { IsOpen = found.IsOpen || joins is null };
        }

        foreach (var known in Found)
            if (known.Pattern == id && known.Start == found.Start && known.End == found.End) return;
        Found.Add(found);
    }

    /// <summary>
    /// Whether a Chinese term that a clause ends in is meant: two short words that meet there are not ("很大，麻雀"), but every character
    /// between signs is, and so are a few words in order ("办假证，加微信").
    /// </summary>
    private static bool SpansClauses(int length, bool hasTight) => length >= LeastClauses || length >= 3 && !hasTight;

    /// <summary>Notes what kind of gap it is that a text has where the term has none.</summary>
    private void Judge(Reading reading, int depth, Gap gap, ref bool isSplit, ref bool isSpaced, ref bool isLine, ref bool isClause, ref bool isLoose)
    {
        var (before, after) = (reading[_at[depth - 1]].Symbol, reading[_at[depth]].Symbol);
        if (WordBoundary.IsEastAsian(before) || WordBoundary.IsEastAsian(after))
        {
            isLine |= (gap.Parts & GapParts.Newline) != 0;
            isClause |= (gap.Parts & GapParts.Clause) != 0;
            return;
        }

        isSplit = true;
        isSpaced |= (gap.Parts & (GapParts.Space | GapParts.Newline)) != 0;
        isLoose |= IsLoose(before, after, gap);
    }

    /// <summary>
    /// A gap that ordinary text has too: within numbers, between sentences, between items of a list. A line end alone is like a blank, and
    /// a hyphen before it like none.
    /// </summary>
    private static bool IsLoose(char before, char after, Gap gap)
    {
        if (char.IsDigit(before) && char.IsDigit(after)) return true;
        const GapParts Blank = GapParts.Space | GapParts.Newline;
        if ((gap.Parts & Blank) == 0) return false;
        if ((gap.Parts & (GapParts.Clause | GapParts.Dot)) != 0) return true;
        return (gap.Parts & GapParts.Newline) != 0 && (gap.Parts & ~Blank) != 0 && (gap.Count > 2 || gap.Parts != (GapParts.Sign | GapParts.Newline));
    }

    /// <summary>Whether a spaced-out spelling is nothing but ordinary words that happen to stand together.</summary>
    private bool IsOrdinary(Reading reading, PatternInfo pattern, int depth)
    {
        Span<char> piece = stackalloc char[OrdinaryWords.Longest];
        var length = 0;
        for (var i = 1; i <= depth; i++)
        {
            if (i > 1 && _gaps[i].Count > 0 && !pattern.GapBefore(i - 1).Exists)
            {
                if (!OrdinaryWords.Contains(piece[..length])) return false;
                length = 0;
            }

            if (length == piece.Length) return false;
            piece[length++] = reading[_at[i]].Symbol;
        }

        return OrdinaryWords.Contains(piece[..length]);
    }

    /// <summary>Whether some text to come could complete one of the patterns below a state. Says yes when in doubt.</summary>
    private bool MayGoOn(Reading reading, ReadOnlySpan<char> text, in Below below, int depth, Gap trailing)
    {
        if (below.Longest == 0) return false;
        var (isSplit, isSpaced, isLine, isClause, isLoose, hasTight) = (false, false, false, false, false, false);
        for (var i = 2; i <= depth; i++)
        {
            if (_gaps[i].Count == 0) hasTight = true;
            else if (!below.MayOwnGap(i - 1)) Judge(reading, i, _gaps[i], ref isSplit, ref isSpaced, ref isLine, ref isClause, ref isLoose);
        }

        // What comes after the last gap is not known, but for its kind.
        var last = reading[_at[depth]].Symbol;
        if (trailing.Count > 0 && !below.MayOwnGap(depth))
        {
            if (WordBoundary.IsEastAsian(last))
            {
                isLine |= (trailing.Parts & GapParts.Newline) != 0;
                isClause |= (trailing.Parts & GapParts.Clause) != 0;
            }
            else if (!below.NextIsEastAsian)
            {
                isSplit = true;
                isLoose |= IsLoose(last, 'a', trailing);
            }
        }

        var start = reading[_at[1]].Start;
        if (isClause && !SpansClauses(below.Longest, hasTight)) return false;
        if (isLine && below.Longest < LeastWrapped && !WordBoundary.StartsLine(text, start)) return false;
        if (isSplit) return below.Longest >= 3 && !(isLoose && hasTight) && WordBoundary.StartsSpelling(text, start, _view.Map.Folder);
        return !WordBoundary.JoinsBefore(text, start, _view.Map.Folder) || below.HasInner && IsUnbroken(reading, depth, trailing, below);
    }

    /// <summary>Whether the way so far may be a pattern that counts inside a word: such a one is not spelt with separators there.</summary>
    private bool IsUnbroken(Reading reading, int depth, Gap trailing, in Below below)
    {
        for (var i = 2; i <= depth; i++)
        {
            if (_gaps[i].Count > 0 && !below.InnerMayOwnGap(i - 1)
                && !WordBoundary.IsEastAsian(reading[_at[i - 1]].Symbol) && !WordBoundary.IsEastAsian(reading[_at[i]].Symbol)) return false;
        }

        return trailing.Count == 0 || below.InnerMayOwnGap(depth) || below.NextOfInnerIsEastAsian || WordBoundary.IsEastAsian(reading[_at[depth]].Symbol);
    }
}
