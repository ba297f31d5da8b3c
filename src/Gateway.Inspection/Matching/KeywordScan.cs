using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Judges one window at a time; its buffers are reused for the next. Not safe for several threads.
/// <para>
/// Each hit is reported in exactly one window, without memory of earlier ones. Let the boundary be where the held
/// characters of a window begin; the next window's fresh characters begin there. What holds (a block term; a review term from where
/// hints are held) is reported by the window whose fresh, no longer held characters contain its start: before, no
/// character of it can have been released, and later, it must have been reported. What does not hold is reported by the
/// window that releases its last character; so is a hit in an encoded run. The first review term makes the window hold hints from
/// its end on.
/// </para>
/// </summary>
internal sealed class KeywordScan
{
    private const int MostPending = 1024;
    private const int MostDepth = 2;

    private readonly KeywordRules _rules;
    private readonly string _detector;
    private readonly AllowScan? _allowed;
    private readonly NearScan _near;
    private readonly ViewScan[] _views;
    private readonly List<Hit> _hits = [];
    private readonly EncodedText _encoded = new();
    private readonly KeywordScan? _inner;
    private readonly DetectionList _decoded = new();
    private readonly List<(int Start, int End)> _pendingHints = [];
    private int _pendingStart;
    private int _hintsFrom;
    private int _earlier;

    public KeywordScan(KeywordRules rules, string detector)
        : this(rules, detector, 0)
    {
    }

    private KeywordScan(KeywordRules rules, string detector, int depth)
    {
        _rules = rules;
        _detector = detector;
        _allowed = rules.Allowed.MaxDepth > 0 ? new AllowScan(rules.Allowed) : null;
        _near = new NearScan(rules.Views[0].Map);
        _views = [.. rules.Views.Select(view => new ViewScan(view, rules.MostSeparators))];
        _inner = rules.ReadsEncodings && depth < MostDepth ? new KeywordScan(rules, detector, depth + 1) : null;
    }

    /// <summary>Reports what a window holds.</summary>
    /// <returns>Characters at its end to hold back, UTF-16 units.</returns>
    public int Run(in TextWindow window, DetectionList detections, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var whole = window.Text.Span;
        // 1. The last character may need the next one before it can be folded.
        var text = window.IsFinal ? whole : whole[..^Math.Min(_rules.UnsettledTail(whole), whole.Length - window.Fresh)];
        _earlier = detections.Count;
        _hits.Clear();
        _pendingHints.Clear();
        (_pendingStart, _hintsFrom) = (int.MaxValue, window.HintsHeldFrom);

        // 2. Find. What does not hold may have begun in what was released.
        var from = _rules.HasLoose || _rules.HasHints && _hintsFrom > 0 ? 0 : window.Fresh;
        var boundary = text.Length;
        for (var i = 0; i < _views.Length; i++)
        {
            var view = _views[i];
            view.Start(text, from, window.Fresh, window.IsFinal);
            while (view.MoveNext(text))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var found in view.Found) Collect(text, window, i, found);
                if (window.IsFinal && _hits.Count > MostPending) Report(whole, whole.Length, detections);
            }

            boundary = Math.Min(boundary, view.AliveStart);
        }

        // 3. What is left waits for more text, with everything from its start on.
        boundary = window.IsFinal ? whole.Length : Math.Max(window.Fresh, HoldHints(window.Fresh, Math.Min(boundary, _pendingStart)));
        if (_hits.Count > 0) Report(whole, boundary, detections);
        if (_inner is not null) ReadEncodings(text, window, boundary, detections, cancellationToken);
        return whole.Length - boundary;
    }

    /// <summary>Moves the boundary to before the hints that must be held.</summary>
    private int HoldHints(int fresh, int boundary)
    {
        if (!_rules.HasHints) return boundary;

        // 1. The first hint that is complete: from its end on, another one would confirm it.
        var first = _hintsFrom;
        foreach (var hit in _hits)
            if (hit.Start < _hintsFrom && hit.End <= boundary && HoldingOf(hit.View, hit.Pattern) == Holding.Hint) first = Math.Min(first, hit.End);
        _hintsFrom = first;

        // 2. What may become one, and what is one if text to come does not undo it. Before the first, only as much is held as keeps the
        // beginning in sight.
        foreach (var (start, end) in _pendingHints)
            boundary = Math.Min(boundary, start >= _hintsFrom ? start : Math.Min(end, start + _rules.LooseReach));
        foreach (var view in _views)
        {
            foreach (var start in view.HintStarts)
            {
                if (start < _hintsFrom) boundary = Math.Min(boundary, start + _rules.LooseReach);
                else if (start >= fresh) boundary = Math.Min(boundary, start);
            }
        }

        return boundary;
    }

    private Holding HoldingOf(int view, int pattern) => _rules.Views[view].Patterns[pattern].Holding;

    private bool IsLoose(Holding holding, int start) => holding == Holding.None || holding == Holding.Hint && start < _hintsFrom;

    private void Collect(ReadOnlySpan<char> text, in TextWindow window, int view, in Found found)
    {
        var pattern = _rules.Views[view].Patterns[found.Pattern];
        var isLoose = IsLoose(pattern.Holding, found.Start);
        if (isLoose ? found.End <= window.Fresh : found.Start < window.Fresh) return;
        switch (Judge(text, window.IsFinal, pattern.Term, found))
        {
            case AllowScan.Answer.Clear:
                _hits.Add(new Hit(view, found.Pattern, found.Start, found.End, found.Path));
                break;
            case AllowScan.Answer.Pending when pattern.Holding == Holding.Hint:
                _pendingHints.Add((found.Start, Math.Max(found.Start, LastCharacter(text, found.End))));
                break;
            case AllowScan.Answer.Pending:
                // What does not hold must only not be passed by; its last character is enough.
                _pendingStart = Math.Min(_pendingStart, isLoose ? Math.Max(found.Start, LastCharacter(text, found.End)) : found.Start);
                break;
        }
    }

    private static int LastCharacter(ReadOnlySpan<char> text, int end) => end > 1 && char.IsLowSurrogate(text[end - 1]) ? end - 2 : end - 1;

    private AllowScan.Answer Judge(ReadOnlySpan<char> text, bool isFinal, int term, in Found found)
    {
        var answer = found.IsOpen && !isFinal ? AllowScan.Answer.Pending : AllowScan.Answer.Clear;
        if (_rules.Near[term].Length > 0)
        {
            var near = _near.Judge(text, isFinal, found.Start, found.End, _rules.Near[term]);
            if (near == AllowScan.Answer.Covered) return near;
            if (near == AllowScan.Answer.Pending) answer = near;
        }

        if (_rules.Terms[term].Tier == Tier.Watch || _allowed is null) return answer;
        var allowed = _allowed.Judge(text, isFinal, found.Start, found.End);
        return allowed == AllowScan.Answer.Clear ? answer : allowed;
    }

    /// <summary>Reports the hits that the characters before the boundary decide, in the order of the text; drops them all.</summary>
    private void Report(ReadOnlySpan<char> text, int boundary, DetectionList detections)
    {
        _hits.Sort(static (left, right) =>
            left.Start != right.Start ? left.Start - right.Start
            : left.End != right.End ? left.End - right.End
            : left.View != right.View ? left.View - right.View : left.Pattern - right.Pattern);
        for (var i = 0; i < _hits.Count; i++)
        {
            var hit = _hits[i];
            var pattern = _rules.Views[hit.View].Patterns[hit.Pattern];
            var term = _rules.Terms[pattern.Term];
            if (IsLoose(pattern.Holding, hit.Start) ? hit.End > boundary : hit.Start >= boundary) continue;
            if (IsTold(i, pattern.Term)) continue;
            var foldings = _rules.FoldingsOf(pattern, text[hit.Start..hit.End], hit.Path);
            detections.Add(new Detection(
                term.Risk, hit.Start, hit.End - hit.Start, 1, _detector, term.Rule, term.Tier, Foldings: foldings,
                LabelsOnly: (pattern.Variant & ~Foldings.Leet) != 0));
        }

        _hits.Clear();
    }

    /// <summary>Whether the same term was found at the same place in a plainer way.</summary>
    private bool IsTold(int index, int term)
    {
        for (var i = index - 1; i >= 0 && _hits[i].Start == _hits[index].Start && _hits[i].End == _hits[index].End; i--)
            if (_rules.Views[_hits[i].View].Patterns[_hits[i].Pattern].Term == term) return true;
        return false;
    }

    private void ReadEncodings(
        ReadOnlySpan<char> text, in TextWindow window, int boundary, DetectionList detections, CancellationToken cancellationToken)
    {
        _encoded.Find(text);
        var isWhole = window.IsFinal && window.Fresh == 0;
        for (var p = 0; p < _encoded.Pieces.Count; p++)
        {
            var piece = _encoded.Pieces[p];
            if (!piece.HasOffsets && (piece.End <= window.Fresh || piece.End > boundary || piece.End == text.Length && !window.IsFinal)) continue;
            _decoded.Clear();
            _inner!.Run(TextWindow.Whole(_encoded.TextOf(piece), window.Side), _decoded, cancellationToken);
            for (var i = 0; i < _decoded.Count; i++)
            {
                var found = _decoded[i];
                var (start, end) = piece.HasOffsets
                    ? (_encoded.OffsetOf(piece, found.Start), _encoded.OffsetOf(piece, found.End))
                    : (piece.Start, piece.End);
                // What stands there in the clear, or with its character references read as separators, was found already.
                if (piece.HasOffsets && end - start == found.Length || end <= window.Fresh || end > boundary) continue;
                if (IsFound(detections, found.Rule, start, end)) continue;
                detections.Add(found with
                {
                    Start = start,
                    Length = end - start,
                    Foldings = found.Foldings | Foldings.Encoding,
                    LabelsOnly = found.LabelsOnly || !isWhole,
                });
            }
        }
    }

    private bool IsFound(DetectionList detections, string rule, int start, int end)
    {
        for (var i = _earlier; i < detections.Count; i++)
            if (detections[i].Start == start && detections[i].End == end && detections[i].Rule == rule) return true;
        return false;
    }

    private readonly record struct Hit(int View, int Pattern, int Start, int End, Foldings Path);
}
