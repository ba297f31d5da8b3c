using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Judges one window at a time; its buffers are reused for the next. Not safe for several threads.
/// <para>
/// Each hit is reported in exactly one window, without memory of earlier ones. Let the boundary be where the held
/// characters of a window begin; the next window's fresh characters begin there. A block or review hit is reported by the
/// window whose fresh, no longer held characters contain its start: before, no character of it can have been released,
/// and later, it must have been reported. A watch hit holds nothing and is reported by the window that releases its last
/// character.
/// </para>
/// </summary>
internal sealed class KeywordScan
{
#if DEBUG
    private const int BlockLength = 16;
#else
    private const int BlockLength = 4096;
#endif

    private readonly KeywordRules _rules;
    private readonly string _detector;
    private readonly AllowScan? _allowed;
    private readonly Text.FoldedText _folded = new();
    private readonly List<Hit> _hits = [];
    private int _state;
    private int _pendingStart;

    public KeywordScan(KeywordRules rules, string detector)
    {
        _rules = rules;
        _detector = detector;
        _allowed = rules.Allowed.MaxDepth > 0 ? new AllowScan(rules.Allowed) : null;
    }

    /// <summary>Reports what a window holds.</summary>
    /// <returns>Characters at its end to hold back, UTF-16 units.</returns>
    public int Run(in TextWindow window, DetectionList detections, CancellationToken cancellationToken)
    {
        var whole = window.Text.Span;
        // 1. The last character may need the next one before it can be folded.
        var text = window.IsFinal ? whole : whole[..^_rules.UnsettledTail(whole)];

        // 2. Fold and match block by block, so that a text of any size needs little memory.
        _folded.Clear();
        _hits.Clear();
        _allowed?.Reset();
        _state = Automaton.Root;
        _pendingStart = int.MaxValue;
        for (var offset = 0; offset < text.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var block = text.Slice(offset, Math.Min(BlockLength, text.Length - offset));
            if (offset + block.Length < text.Length) block = block[..^_rules.Folder.UnsettledTail(block)];
            _folded.KeepLast(_rules.Automaton.MaxDepth);
            var position = _folded.Length;
            _rules.Folder.Append(block, offset, _folded);
            while (_rules.Automaton.TryFind(_folded.Text, ref position, ref _state)) Collect(text, window, position);
            offset += block.Length;
            if (_hits.Count > 0) Report(whole, Boundary(int.MaxValue), detections);
        }

        // 3. What is left waits for more text, with everything from its start on.
        var boundary = window.IsFinal ? whole.Length : Math.Max(window.Fresh, Boundary(text.Length));
        if (_hits.Count > 0) Report(whole, boundary, detections);
        return whole.Length - boundary;
    }

    /// <summary>Where the text begins that may still become part of a hit; <paramref name="none"/> when there is none.</summary>
    private int Boundary(int none)
    {
        var hold = _rules.Automaton.HoldOf(_state);
        return Math.Min(_pendingStart, hold > 0 ? _folded.Starts[^hold] : none);
    }

    private void Collect(ReadOnlySpan<char> text, in TextWindow window, int position)
    {
        var end = _folded.Ends[position - 1];
        for (var output = _rules.Automaton.OutputOf(_state); output != 0;)
        {
            var record = _rules.Automaton.RecordOf(output);
            var start = _folded.Starts[position - record.Length];
            foreach (var id in _rules.Automaton.PatternsOf(record))
            {
                var term = _rules.Terms[id];
                var isWatch = term.Tier == Tier.Watch;
                if (isWatch ? end <= window.Fresh : start < window.Fresh) continue;
                switch (Judge(text, window.IsFinal, term, start, end))
                {
                    case AllowScan.Answer.Clear:
                        _hits.Add(new Hit(id, start, end));
                        break;
                    case AllowScan.Answer.Pending:
                        // A watch hit must only not be passed by; its last character is enough.
                        _pendingStart = Math.Min(_pendingStart, isWatch ? _folded.Starts[position - 1] : start);
                        break;
                }
            }

            output = record.Next;
        }
    }

    private AllowScan.Answer Judge(ReadOnlySpan<char> text, bool isFinal, LexiconTerm term, int start, int end)
    {
        var isOpen = false;
        if ((term.Options & TermOptions.Word) != 0)
        {
            if (WordBoundary.JoinsBefore(text, start, _rules.Folder)) return AllowScan.Answer.Covered;
            var joins = WordBoundary.JoinsAfter(text, end, _rules.Folder);
            if (joins == true) return AllowScan.Answer.Covered;
            isOpen = joins is null && !isFinal;
        }

        var answer = term.Tier == Tier.Watch || _allowed is null ? AllowScan.Answer.Clear : _allowed.Judge(text, isFinal, start, end);
        return isOpen && answer == AllowScan.Answer.Clear ? AllowScan.Answer.Pending : answer;
    }

    /// <summary>Reports the hits that the characters before the boundary decide; keeps the others.</summary>
    private void Report(ReadOnlySpan<char> text, int boundary, DetectionList detections)
    {
        var kept = 0;
        for (var i = 0; i < _hits.Count; i++)
        {
            var hit = _hits[i];
            var term = _rules.Terms[hit.Term];
            if (term.Tier == Tier.Watch ? hit.End > boundary : hit.Start >= boundary)
            {
                _hits[kept++] = hit;
                continue;
            }

            var foldings = _rules.FoldingsOf(hit.Term, text[hit.Start..hit.End]);
            detections.Add(new Detection(
                term.Risk, hit.Start, hit.End - hit.Start, 1, _detector, term.Rule, term.Tier, Foldings: foldings));
        }

        _hits.RemoveRange(kept, _hits.Count - kept);
    }

    private readonly record struct Hit(int Term, int Start, int End);
}
