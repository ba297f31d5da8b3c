
namespace Gateway.Inspection.Matching;

/// <summary>
/// Goes through a text under one view and stops wherever something was found. A text of which more is to come is walked from every
/// symbol, to learn what may still be completed; a long text that is whole is filtered first, and walked only where a
/// pattern may begin. Reusable; not safe for several threads.
/// </summary>
internal sealed class ViewScan
{
    private const int LeastFiltered = 64;
    private const int ShortPiece = 32;
    private const int Remembered = 1024;

    private readonly TermView _view;
    private readonly Reading _reading;
    private readonly TermWalk _walk;
    private readonly int[] _walked = new int[Remembered];
    private readonly List<int> _starts = [];
    private readonly List<GramFilter.Place> _places = [];
    private readonly GramFilter.Buffer _buffer = new();
    private int _place;
    private GramFilter.State _filter;
    private int _firstMark = 1;
    private int _marks;
    private int _from;
    private int _fresh;
    private int _next;
    private int _nextTag;
    private int _nextRun;
    private bool _isFinal;
    private bool _isFiltered;

    public ViewScan(TermView view, int mostSeparators)
    {
        _view = view;
        _reading = new Reading(view.Map);
        _walk = new TermWalk(view, mostSeparators);
    }

    /// <summary>What begins at the place just walked.</summary>
    public List<Found> Found => _walk.Found;

    /// <summary>Where the fresh text begins that may still become part of a hit which always holds; <see cref="int.MaxValue"/> for nowhere.</summary>
    public int AliveStart { get; private set; }

    /// <summary>Where hints begin that text to come may complete, in order.</summary>
    public List<int> HintStarts { get; } = [];

    /// <summary>Starts a text.</summary>
    /// <param name="text">The text, as far as its folding is settled.</param>
    /// <param name="from">Hits begin here or later.</param>
    /// <param name="fresh">First character that is still held: what began before has been judged.</param>
    /// <param name="isFinal">No character will follow.</param>
    public void Start(ReadOnlySpan<char> text, int from, int fresh, bool isFinal)
    {
        AliveStart = int.MaxValue;
        HintStarts.Clear();
        (_from, _fresh, _isFinal, _next) = (from, fresh, isFinal, 0);
        _isFiltered = isFinal && text.Length - from >= LeastFiltered;
        if (_view.Patterns.Length == 0)
        {
            (_isFiltered, _next) = (false, int.MaxValue);
        }
        else if (_isFiltered)
        {
            _filter = new GramFilter.State { Position = from };
            _reading.Forget();
            _starts.Clear();
            _places.Clear();
            _place = 0;
            // Marks of earlier texts are smaller than any of this one.
            _firstMark += _marks;
            _marks = text.Length + 1;
            if (_firstMark > int.MaxValue / 2)
            {
                Array.Clear(_walked);
                _firstMark = 1;
            }

            _nextTag = _view.Map.SkipsMarkup ? IndexOfTag(text, from) : -1;
            _nextRun = _view.Map.SkipsRepetition ? RepeatScan.IndexOf(text, from) : -1;
        }
        else
        {
            _reading.Read(text, from, text.Length);
        }
    }

    /// <summary>Walks on to the next place with hits.</summary>
    /// <returns>False at the end of the text.</returns>
    public bool MoveNext(ReadOnlySpan<char> text)
    {
        _walk.Found.Clear();
        return _isFiltered ? MoveFiltered(text) : MoveEverywhere(text);
    }

    private bool MoveEverywhere(ReadOnlySpan<char> text)
    {
        while (_next < _reading.Length)
        {
            _walk.Run(_reading, text, _next);
            if (!_isFinal) NoteAlive(_reading[_next].Start);
            _next++;
            if (_walk.Found.Count > 0) return true;
        }

        return false;
    }

    private void NoteAlive(int start)
    {
        if (_walk.IsAlive && start >= _fresh) AliveStart = Math.Min(AliveStart, start);
        if (_walk.IsHintAlive) HintStarts.Add(start);
    }

    private bool MoveFiltered(ReadOnlySpan<char> text)
    {
        while (true)
        {
            // 1. Places noted.
            while (_starts.Count > 0)
            {
                var start = _starts[^1];
                _starts.RemoveAt(_starts.Count - 1);
                Walk(text, start);
                if (_walk.Found.Count > 0) return true;
            }

            // 2. Where the grams say so.
            if (_place < _places.Count)
            {
                Note(text, _places[_place].Last, _places[_place].Starts);
                _place++;
                continue;
            }

            _places.Clear();
            _place = 0;
            if (_view.Filter.Read(text, ref _filter, _buffer, _places)) continue;

            // 3. Before a tag or a run of one character, which the grams look right through.
            if (_nextTag >= 0)
            {
                NoteBefore(text, _nextTag);
                _nextTag = IndexOfTag(text, _nextTag + 1);
            }
            else if (_nextRun >= 0)
            {
                NoteBefore(text, _nextRun + 1);
                _nextRun = RepeatScan.IndexOf(text, _nextRun + 1);
            }
            else
            {
                return false;
            }
        }
    }

    private static int IndexOfTag(ReadOnlySpan<char> text, int from)
    {
        while (true)
        {
            var found = text[from..].IndexOfAny(Markup.Openings);
            if (found < 0) return -1;
            from += found;
            if (Markup.EndOf(text, from) > 0) return from;
            from++;
        }
    }

    /// <summary>Notes the characters that stand a number of symbols back, where a pattern may begin there.</summary>
    /// <param name="text">The text.</param>
    /// <param name="last">The character of the last symbol.</param>
    /// <param name="wanted">Bit n: n symbols back.</param>
    private void Note(ReadOnlySpan<char> text, int last, uint wanted)
    {
        var back = 0;
        Span<char> symbols = stackalloc char[64];
        for (var at = last; at >= _from && back < 32 && wanted >> back != 0; at--)
        {
            var symbol = _view.Map.Simple[text[at]];
            if (symbol == SymbolMap.Skip) continue;
            var count = 1;
            if (symbol == SymbolMap.Special)
            {
                var end = at + 1;
                while (at > _from && _view.Map.Folder.IsVoicing(text[at])) at--;
                if (at > _from && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1])) at--;
                count = _view.Map.Expand(text, at, end, symbols);
                if (count == 0) continue;
            }

            var places = (uint)((1UL << Math.Min(count, 32)) - 1) << back;
            if ((wanted & places) != 0 && (symbol == SymbolMap.Special || Leads(text, at, 0))) _starts.Add(at);
            back += count;
        }
    }

    private void NoteBefore(ReadOnlySpan<char> text, int place)
    {
        // Every start from which a pattern leads up to the place; a pattern has so many symbols at the most.
        var most = Math.Min(_view.Automaton.MaxDepth, 256);
        for (var at = place - 1; at >= _from && most > 0; at--)
        {
            var symbol = _view.Map.Simple[text[at]];
            if (symbol == SymbolMap.Skip) continue;
            most--;
            if (symbol == SymbolMap.Special || Leads(text, at, place)) _starts.Add(at);
        }
    }

    /// <summary>Whether a pattern is found from a character on, or, when a place is given, leads up to it.</summary>
    private bool Leads(ReadOnlySpan<char> text, int start, int place)
    {
        ReadOnlySpan<char> map = _view.Map.Simple;
        var automaton = _view.Automaton;
        var (state, depth, last) = (Automaton.Root, 0, start);
        var isInWord = start > 0 && char.IsAsciiLetterOrDigit(text[start - 1]);
        for (var at = start; at < text.Length; at++)
        {
            if (place != 0 && at >= place) return true;
            var symbol = map[text[at]];
            if (symbol == SymbolMap.Skip) continue;
            if (symbol == SymbolMap.Special) return true;
            // Words that are not spelt out from their first letter on are left alone; most places that the grams name are such.
            if (isInWord && at - last > 1 && text[at] < 128 && text[last] < 128 && text[at - 1] is >= ' ' and < '\x7F' && !automaton.HasGapsBelow(state)) return false;
            last = at;
            state = automaton.Descend(state, symbol);
            if (state == Automaton.Root) return false;
            depth++;
            var output = place == 0 ? automaton.OutputOf(state) : 0;
            if (output != 0 && automaton.RecordOf(output).Length == depth) return true;
        }

        return place != 0;
    }

    private void Walk(ReadOnlySpan<char> text, int start)
    {
        if (_walked[start % Remembered] == _firstMark + start) return;
        _walked[start % Remembered] = _firstMark + start;
        if (_reading.From > start || _reading.To < Math.Min(text.Length, start + ShortPiece / 2) || _reading.Length == 0)
            _reading.Read(text, start, Math.Min(text.Length, start + ShortPiece));
        while (true)
        {
            var reachedEnd = false;
            for (var i = _reading.IndexOf(start); i < _reading.Length && _reading[i].Start == start; i++)
            {
                _walk.Run(_reading, text, i);
                reachedEnd |= _walk.ReachedEnd;
            }

            if (!reachedEnd || _reading.To >= text.Length) return;
            // A pattern may go on behind the piece: look at twice as much.
            _walk.Found.Clear();
            _reading.Read(text, start, (int)Math.Min(text.Length, start + 2L * Math.Max(ShortPiece, _reading.To - start)));
        }
    }
}
