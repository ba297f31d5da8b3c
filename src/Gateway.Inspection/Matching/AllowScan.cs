using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Finds out whether an allow-list term covers a hit. Reads a text only around hits, forward only, so that it costs
/// nothing where nothing is found and never more than one pass. One text at a time, on one thread.
/// </summary>
internal sealed class AllowScan(Automaton automaton)
{
    private const int BlockLength = 64;

    private readonly FoldedText _folded = new();
    private readonly Queue<(int Start, int End)> _matches = new();
    private int _next;
    private int _index;
    private int _state;

    /// <summary>What is known about a hit.</summary>
    internal enum Answer
    {
        /// <summary>No allow term covers it, nor will one.</summary>
        Clear,

        /// <summary>An allow term covers it.</summary>
        Covered,

        /// <summary>The text ends inside an allow term that would cover it.</summary>
        Pending,
    }

    /// <summary>
    /// Longest stretch of text an allow term can stand for, UTF-16 units: a half-width kana and its voicing mark fold to one.
    /// </summary>
    public int Reach => automaton.MaxDepth * 2;

    /// <summary>Starts a new text.</summary>
    public void Reset() => Restart(0);

    /// <summary>Judges a hit. Hits must come in the order of their ends.</summary>
    /// <param name="text">The text, as far as its folding is settled.</param>
    /// <param name="isFinal">No character will follow.</param>
    /// <param name="start">Start of the hit.</param>
    /// <param name="end">End of the hit.</param>
    public Answer Judge(ReadOnlySpan<char> text, bool isFinal, int start, int end)
    {
        // 1. A term that covers the hit ends at its end or later, so it cannot start before this.
        var from = end - Reach;
        if (from > ReadTo) Restart(char.IsLowSurrogate(text[from]) ? from - 1 : from);

        // 2. Matches found for earlier hits.
        while (_matches.TryPeek(out var oldest) && oldest.End < end) _matches.Dequeue();
        foreach (var match in _matches)
            if (match.Start <= start) return Answer.Covered;

        // 3. Read on until nothing that began at the hit's start or before is still alive.
        while (ReadTo < end || LiveStart <= start)
        {
            if (!TryRead(text)) return isFinal || LiveStart > start ? Answer.Clear : Answer.Pending;
            var output = automaton.OutputOf(_state);
            if (output == 0) continue;
            var match = (Start: _folded.Starts[_index - automaton.RecordOf(output).Length], End: ReadTo);
            if (match.End < end) continue;
            _matches.Enqueue(match);
            if (match.Start <= start) return Answer.Covered;
        }

        return Answer.Clear;
    }

    private int ReadTo => _index == 0 ? _next : _folded.Ends[_index - 1];

    private int LiveStart => automaton.HoldOf(_state) is > 0 and var hold ? _folded.Starts[_index - hold] : int.MaxValue;

    private void Restart(int position)
    {
        _folded.Clear();
        _matches.Clear();
        _next = position;
        _index = 0;
        _state = Automaton.Root;
    }

    private bool TryRead(ReadOnlySpan<char> text)
    {
        while (_index == _folded.Length)
        {
            if (_next == text.Length) return false;
            var block = text.Slice(_next, Math.Min(BlockLength, text.Length - _next));
            if (_next + block.Length < text.Length) block = block[..^TextFolder.Plain.UnsettledTail(block)];
            _folded.KeepLast(automaton.MaxDepth);
            _index = _folded.Length;
            TextFolder.Plain.Append(block, _next, _folded);
            _next += block.Length;
        }

        _state = automaton.Step(_state, _folded.Text[_index]);
        _index++;
        return true;
    }
}
