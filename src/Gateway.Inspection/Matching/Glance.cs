using System.Buffers;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Tells whether a walk from a character can find anything, by the simple map of characters alone. Says yes when in doubt: <see cref="TermWalk"/>
/// decides. A walk costs as much as looking at a few hundred characters, and most places that grams, tags and runs name are not worth it.
/// The text is whole: nothing follows its end. Immutable and safe for any number of threads.
/// </summary>
internal sealed class Glance(TermView view, int mostSeparators)
{
    private const int Ascii = 128;
    private const int MostTags = 2;
    private const int LongRun = 64;
    private static readonly SearchValues<char> SentenceSigns = SearchValues.Create(".,!?;:");

    private readonly Automaton _automaton = view.Automaton;
    private readonly char[] _map = view.Map.Simple;
    private readonly int _mostGap = Math.Max(mostSeparators, view.MaxGap);

    /// <summary>Whether a pattern may be found from a character on when everything is read as text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where a symbol stands.</param>
    public bool Finds(ReadOnlySpan<char> text, int start)
    {
        var (state, depth, last, isSplit, isLoose, hasTight) = (Automaton.Root, 0, start, false, false, false);
        for (var at = start; at < text.Length; at++)
        {
            var symbol = _map[text[at]];
            if (symbol == SymbolMap.Skip) continue;
            if (symbol == SymbolMap.Special) return true;
            // Words that are not spelt out from their first letter to their last, from one line to the next or over the end of a sentence, are left
            // alone; most places that the grams name are such.
            if (at - last == 1) hasTight = true;
            else if (IsGap(text, last, at) && !_automaton.HasGapsBelow(state))
            {
                if (IsJoined(text, start, start - 1)) return false;
                isSplit = true;
                isLoose |= IsLoose(text[(last + 1)..at]);
            }

            last = at;
            state = _automaton.Descend(state, symbol);
            if (state == Automaton.Root) return false;
            depth++;
            var output = _automaton.OutputOf(state);
            if (output == 0 || _automaton.RecordOf(output).Length != depth) continue;
            if (!isSplit || depth > 2 && !(isLoose && hasTight) && !IsJoined(text, at, at + 1)) return true;
        }

        return false;
    }

    /// <summary>Whether a pattern may be found from a character on when a tag is left out.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where a symbol stands, before the tag.</param>
    /// <param name="tag">Where the tag begins.</param>
    public bool FindsAcross(ReadOnlySpan<char> text, int start, int tag)
    {
        var state = Lead(text, start, tag, out var isUnclear);
        if (isUnclear || state == Automaton.Root) return isUnclear;
        // Letters with a tag between them are a word spelt out, and begin where a word does.
        var last = tag - 1;
        while (_map[text[last]] == SymbolMap.Skip) last--;
        var isWide = text[last] < Ascii && IsJoined(text, start, start - 1) && !_automaton.HasGapsBelow(state);
        return GoesOn(text, state, Markup.EndOf(text, tag), isWide, MostTags);
    }

    /// <summary>Whether a pattern may be found from a character on when some of a run of the same character are left out.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where a symbol stands, before the run: a pattern also begins at the last of it.</param>
    /// <param name="run">Where the run begins.</param>
    public bool FindsThrough(ReadOnlySpan<char> text, int start, int run)
    {
        var state = Lead(text, start, run + 1, out var isUnclear);
        if (isUnclear) return true;
        var end = run + 1;
        while (end < text.Length && IsSame(text, end)) end++;
        for (var taken = run + 1; taken < end && state != Automaton.Root; taken++)
        {
            if (GoesOn(text, state, end, false, MostTags)) return true;
            state = _automaton.Descend(state, _map[text[run]]);
        }

        return false;
    }

    /// <summary>
    /// Whether what follows a run may stand behind its character inside a pattern: where a pattern begins or ends with the character, no run is
    /// left out. Digits mean what they say.
    /// </summary>
    public bool IsInside(ReadOnlySpan<char> text, int run)
    {
        var symbol = _map[text[run]];
        if (symbol == SymbolMap.Special) return true;
        if (symbol == SymbolMap.Skip || char.IsDigit(symbol)) return false;
        if (view.Filter.HasInner(symbol, symbol)) return true;
        for (var at = run + 1; at < text.Length; at++)
        {
            var next = _map[text[at]];
            // A text of nothing but short runs must not be looked through from each of them.
            if (next == SymbolMap.Special || at - run > LongRun || Markup.Openings.Contains(text[at])) return true;
            if (next != SymbolMap.Skip && next != symbol) return view.Filter.HasInner(symbol, next);
        }

        return false;
    }

    /// <summary>Whether a character repeats the one before it.</summary>
    public bool IsSame(ReadOnlySpan<char> text, int at) =>
        at > 0 && RepeatScan.AreAlike(text[at - 1], text[at]) && _map[text[at - 1]] == _map[text[at]];

    /// <summary>The state that the symbols from one place to another lead to.</summary>
    private int Lead(ReadOnlySpan<char> text, int start, int end, out bool isUnclear)
    {
        var (state, last) = (Automaton.Root, start);
        isUnclear = false;
        for (var at = start; at < end; at++)
        {
            var symbol = _map[text[at]];
            if (symbol == SymbolMap.Skip) continue;
            isUnclear = symbol == SymbolMap.Special;
            if (isUnclear || IsGap(text, last, at) && IsJoined(text, start, start - 1) && !_automaton.HasGapsBelow(state)) return Automaton.Root;
            last = at;
            state = _automaton.Descend(state, symbol);
            if (state == Automaton.Root) return Automaton.Root;
        }

        return state;
    }

    /// <summary>Whether a pattern may be found from a state on; another run leaves that open, and so do many tags.</summary>
    /// <param name="text">The text.</param>
    /// <param name="state">The state.</param>
    /// <param name="from">Where to read on; before the text's beginning when a tag does not end.</param>
    /// <param name="isWide">Nothing but a symbol beyond ASCII can follow.</param>
    /// <param name="tags">Tags that may still be left out.</param>
    private bool GoesOn(ReadOnlySpan<char> text, int state, int from, bool isWide, int tags)
    {
        if (from < 0) return true;
        var signs = 0;
        for (var at = from; at < text.Length; at++)
        {
            // 1. Signs that count as separators; another tag is left out, or read.
            var symbol = _map[text[at]];
            if (symbol == SymbolMap.Skip)
            {
                if (Markup.Openings.Contains(text[at]) && Markup.EndOf(text, at) is not 0 and var end && (tags == 0 || GoesOn(text, state, end, isWide, tags - 1))) return true;
                if (text[at] is > ' ' and < '\x7F' && ++signs > _mostGap) return false;
                continue;
            }

            // 2. Symbols.
            if (symbol == SymbolMap.Special || at > from && IsSame(text, at)) return true;
            if (isWide && symbol < Ascii) return false;
            (signs, isWide) = (0, false);
            state = _automaton.Descend(state, symbol);
            if (state == Automaton.Root) return false;
            if (_automaton.OutputOf(state) != 0) return true;
        }

        return false;
    }

    /// <summary>Whether separators stand between two characters, so that letters on both sides are not written in one.</summary>
    private static bool IsGap(ReadOnlySpan<char> text, int last, int at) =>
        at - last > 1 && text[at] < Ascii && text[last] < Ascii && text[at - 1] is >= ' ' and < '\x7F' or '\n' or '\r' or '\t';

    /// <summary>Whether a letter or digit stands next to the edge of what was found; a word of another script is left to the walk.</summary>
    private static bool IsJoined(ReadOnlySpan<char> text, int edge, int beyond) =>
        text[edge] < Ascii && (uint)beyond < (uint)text.Length && char.IsAsciiLetterOrDigit(text[beyond]);

    /// <summary>Whether a gap is one that text has between sentences.</summary>
    private static bool IsLoose(ReadOnlySpan<char> gap) => gap.ContainsAny(' ', '\n') && gap.ContainsAny(SentenceSigns);
}
