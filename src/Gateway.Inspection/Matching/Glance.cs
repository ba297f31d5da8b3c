using System.Buffers;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Tells whether a walk from a character can find anything, by the simple map of characters alone. Says yes when in doubt: <see cref="TermWalk"/>
/// decides. A walk costs as much as looking at a few hundred characters, and most places that grams, tags and runs name are not worth it.
/// The text is whole: nothing follows its end. Immutable and safe for any number of threads.
/// </summary>
internal sealed class Glance(TermView view)
{
    private const int Ascii = 128;
    private static readonly SearchValues<char> SentenceSigns = SearchValues.Create(".,!?;:");

    private readonly Automaton _automaton = view.Automaton;
    private readonly char[] _map = view.Map.Simple;

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
        return isUnclear || state != Automaton.Root && GoesOn(text, state, Markup.EndOf(text, tag));
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
            if (GoesOn(text, state, end)) return true;
            state = _automaton.Descend(state, _map[text[run]]);
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

    /// <summary>Whether a pattern may be found from a state on; another tag or run leaves that open.</summary>
    private bool GoesOn(ReadOnlySpan<char> text, int state, int from)
    {
        for (var at = from; at < text.Length; at++)
        {
            if (Markup.Openings.Contains(text[at]) || at > from && IsSame(text, at)) return true;
            var symbol = _map[text[at]];
            if (symbol == SymbolMap.Skip) continue;
            if (symbol == SymbolMap.Special) return true;
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

    /// <summary>Whether a gap is one that text has between lines and sentences.</summary>
    private static bool IsLoose(ReadOnlySpan<char> gap) => gap.Contains('\n') || gap.Contains(' ') && gap.ContainsAny(SentenceSigns);
}
