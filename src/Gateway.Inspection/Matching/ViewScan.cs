
namespace Gateway.Inspection.Matching;

/// <summary>
/// Goes through a text under one view and stops wherever something was found. A text of which more is to come is walked from every
/// symbol, to learn what may still be completed; a long text that is whole is filtered first, and walked only where a
/// pattern may begin. Reusable; not safe for several threads.
/// </summary>
internal sealed class ViewScan
{
    private const int LeastFiltered = 64;
    private const int ShortPiece = 16;
    private const int Remembered = 1024;

    private readonly TermView _view;
    private readonly Reading _reading;
    private readonly TermWalk _walk;
    private readonly int[] _walked = new int[Remembered];
    private readonly List<int> _starts = [];
    private readonly List<int> _places = [];
    private readonly GramScan _grams;
    private readonly Glance _glance;
    private int _place;
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
        _grams = new GramScan(view.Map, view.Filter);
        _glance = new Glance(view, mostSeparators);
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
            _grams.Start(from);
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
                Note(text, _places[_place++]);
                continue;
            }

            _places.Clear();
            _place = 0;
            if (_grams.Read(text, _places)) continue;

            // 3. Before a tag or a run of one character, which the grams look right through.
            if (_nextTag >= 0)
            {
                NoteBefore(text, _nextTag, isTag: true);
                _nextTag = IndexOfTag(text, _nextTag + 1);
            }
            else if (_nextRun >= 0)
            {
                if (!_glance.IsSame(text, _nextRun)) NoteBefore(text, _nextRun, isTag: false);
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

    private void Note(ReadOnlySpan<char> text, int start)
    {
        if (_glance.Finds(text, start)) _starts.Add(start);
    }

    /// <summary>Notes every start from which a pattern may be found that leaves out a tag or some of a run.</summary>
    private void NoteBefore(ReadOnlySpan<char> text, int place, bool isTag)
    {
        if (!isTag && !_glance.IsInside(text, place)) return;
        // A pattern has so many symbols at the most.
        var (most, mostSpecial) = (Math.Min(_view.Automaton.MaxDepth, 256), 1024);
        for (var at = place - 1; at >= _from && most > 0; at--)
        {
            var symbol = _view.Map.Simple[text[at]];
            if (symbol == SymbolMap.Skip) continue;
            // An emoji is two characters and no symbol.
            if (symbol != SymbolMap.Special) most--;
            else if (--mostSpecial < 0) break;
            if (isTag ? _glance.FindsAcross(text, at, place) : _glance.FindsThrough(text, at, place)) _starts.Add(at);
        }
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
