using System.Text;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>
/// A piece of text as the matcher reads it: its symbols in order, where each came from, what was skipped before it, and where
/// reading goes on when a tag before it is skipped too. Reusable; not safe for several threads.
/// </summary>
internal sealed class Reading(SymbolMap map)
{
    /// <summary>In <see cref="Element.JumpTo"/>: the tag does not end within the text so far.</summary>
    public const int Unfinished = int.MaxValue;

    private readonly FoldedText _folded = new();
    private Element[] _elements = new Element[64];
    private int _openEnd;
    private int _openAt;
    private Gap _openGap;
    private Gap _openAfter;

    /// <summary>Number of symbols.</summary>
    public int Length { get; private set; }

    /// <summary>Where the piece begins in the text.</summary>
    public int From { get; private set; }

    /// <summary>Where the piece ends in the text.</summary>
    public int To { get; private set; }

    /// <summary>A symbol; at <see cref="Length"/> stands what comes after the last one.</summary>
    public ref readonly Element this[int index] => ref _elements[index];

    /// <summary>Reads a piece of a text.</summary>
    /// <param name="text">The text, as far as its folding is settled.</param>
    /// <param name="from">First character.</param>
    /// <param name="to">Where to stop; moved a little so that no character is cut.</param>
    public void Read(ReadOnlySpan<char> text, int from, int to)
    {
        // 1. Fold. A piece that ends inside a character gives that character up, unless nothing would be left.
        var unsettled = to < text.Length ? map.Folder.UnsettledTail(text[from..to]) : 0;
        to = to - unsettled > from ? to - unsettled : Math.Min(text.Length, to + 2);
        (Length, From, To, _openEnd, _openAt) = (0, from, to, 0, -1);
        if (ReadPlain(text[from..to])) return;
        Length = 0;
        _folded.Clear();
        map.Folder.Append(text[from..to], from, _folded);
        if (_elements.Length <= _folded.Length) _elements = new Element[_folded.Length * 2];

        // 2. Tell symbols from what is skipped.
        var (gap, after) = (default(Gap), default(Gap));
        var symbols = _folded.Text;
        var starts = _folded.Starts;
        var ends = _folded.Ends;
        for (var i = 0; i < symbols.Length; i++)
        {
            var (folded, start, end) = (symbols[i], starts[i], ends[i]);
            if (_openEnd > 0 && start >= _openEnd) CloseToken(ref gap, ref after);
            var isPair = char.IsHighSurrogate(folded) && i + 1 < symbols.Length && char.IsLowSurrogate(symbols[i + 1]);
            var rune = isPair ? new Rune(folded, symbols[i + 1]) : default;
            var look = isPair ? rune.Value : end - start == 1 ? text[start] : 0;
            var confusable = look != 0 ? map.ConfusableOf(look) : '\0';
            var isSkipped = isPair && confusable == 0 && map.IsSeparator(rune);
            var symbol = confusable != 0 ? confusable : map.SymbolOf(folded);
            if (isSkipped || symbol == SymbolMap.Skip)
            {
                if (Markup.Openings.Contains(folded) && text[start] == folded) OpenToken(text, start, gap, after);
                var part = isSkipped ? GapParts.Sign : map.PartsOf(folded);
                (gap, after) = (gap.With(part), after.With(part));
                if (isPair) i++;
                continue;
            }

            Add(new Element(symbol, start, end, gap) { After = after, IsConfusable = confusable != 0, IsForeign = confusable != 0 && map.IsForeign(look) });
            if (isPair && confusable != 0) i++;
            else if (isPair) Add(new Element(symbols[++i], start, end, default));
            (gap, after) = (default, default);
        }

        if (_openEnd > 0 && To >= _openEnd) CloseToken(ref gap, ref after);
        Set(Length, new Element('\0', To, To, gap) { After = after });
    }

    /// <summary>Reads a piece in which every character stands for itself, or is skipped: nearly every one of English text and code.</summary>
    /// <returns>False when some character needs a closer look.</returns>
    private bool ReadPlain(ReadOnlySpan<char> piece)
    {
        if (_elements.Length <= piece.Length) _elements = new Element[piece.Length * 2];
        var (gap, after) = (default(Gap), default(Gap));
        for (var i = 0; i < piece.Length; i++)
        {
            var symbol = map.PlainOf(piece[i]);
            if (symbol == SymbolMap.Special) return false;
            if (symbol == SymbolMap.Skip)
            {
                var part = map.PartsOf(piece[i]);
                (gap, after) = (gap.With(part), after.With(part));
                continue;
            }

            _elements[Length++] = new Element(symbol, From + i, From + i + 1, gap) { After = after };
            (gap, after) = (default, default);
        }

        _elements[Length] = new Element('\0', To, To, gap) { After = after };
        return true;
    }

    /// <summary>Drops what was read: another text follows, whose positions mean something else.</summary>
    public void Forget() => (Length, From, To) = (0, 0, 0);

    /// <summary>The first symbol that begins at a position or later; <see cref="Length"/> when there is none.</summary>
    public int IndexOf(int position)
    {
        var (low, high) = (0, Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_elements[middle].Start < position) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void Add(in Element element) => Set(Length++, element);

    private void Set(int index, Element element)
    {
        if (index >= _elements.Length) Array.Resize(ref _elements, _elements.Length * 2);
        // A token that opened in the gap before this symbol has been noted at its place already.
        if (_openEnd > 0 && _openAt == index) element = element with { JumpTo = Unfinished, JumpGap = _openGap, JumpAfter = _openAfter };
        _elements[index] = element;
    }

    private void OpenToken(ReadOnlySpan<char> text, int start, Gap gap, Gap after)
    {
        if (!map.SkipsMarkup || _openEnd > 0 || _openAt == Length) return;
        var end = Markup.EndOf(text, start);
        if (end == 0) return;
        (_openEnd, _openAt) = (end < 0 ? int.MaxValue : end, Length);
        (_openGap, _openAfter) = (gap.With(GapParts.Markup), after.With(GapParts.Markup));
    }

    /// <summary>The token is over: the next symbol is where reading goes on behind it, next to its being read as text.</summary>
    private void CloseToken(ref Gap gap, ref Gap after)
    {
        // A token without a symbol is a part of the gap, on either reading.
        if (_openAt == Length) (gap, after, _openAt) = (_openGap, _openAfter, -1);
        else
        {
            _elements[_openAt] = _elements[_openAt] with { JumpTo = Length };
            after = default;
        }

        _openEnd = 0;
    }

    /// <summary>A symbol of the reading.</summary>
    /// <param name="Symbol">What it compares as.</param>
    /// <param name="Start">Where its character starts in the text.</param>
    /// <param name="End">Where its character ends.</param>
    /// <param name="Gap">What was skipped before it.</param>
    internal readonly record struct Element(char Symbol, int Start, int End, Gap Gap)
    {
        /// <summary>It is a look-alike.</summary>
        public bool IsConfusable { get; init; }

        /// <summary>It is a look-alike of another script.</summary>
        public bool IsForeign { get; init; }

        /// <summary>Index of the symbol behind the tag that stands before this one; 0 when there is none.</summary>
        public int JumpTo { get; init; }

        /// <summary>What was skipped up to and with that tag.</summary>
        public Gap JumpGap { get; init; }

        /// <summary>What of the gap stands behind a tag that was skipped.</summary>
        public Gap After { get; init; }

        /// <summary>What was skipped behind such a tag up to and with the one that follows.</summary>
        public Gap JumpAfter { get; init; }
    }
}
