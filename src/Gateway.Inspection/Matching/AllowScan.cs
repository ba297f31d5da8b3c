using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>
/// Finds out whether an allow-list term covers a hit. Reads a text only around hits, so that it costs nothing where nothing is
/// found. One text at a time, on one thread.
/// </summary>
internal sealed class AllowScan(Automaton automaton)
{
    private const int BlockLength = 64;

    private readonly FoldedText _folded = new();

    /// <summary>What is known about a hit.</summary>
    internal enum Answer
    {
        /// <summary>Nothing stands against it, nor will.</summary>
        Clear,

        /// <summary>It does not count.</summary>
        Covered,

        /// <summary>Text to come decides.</summary>
        Pending,
    }

    /// <summary>
    /// Longest stretch of text an allow term can stand for, UTF-16 units: a half-width kana and its voicing mark fold to one.
    /// </summary>
    public int Reach => automaton.MaxDepth * 2;

    /// <summary>Judges a hit.</summary>
    /// <param name="text">The text, as far as its folding is settled.</param>
    /// <param name="isFinal">No character will follow.</param>
    /// <param name="start">Start of the hit.</param>
    /// <param name="end">End of the hit.</param>
    public Answer Judge(ReadOnlySpan<char> text, bool isFinal, int start, int end)
    {
        // 1. A term that covers the hit ends at its end or later, so it cannot start before this; nor is a hit longer than that covered.
        if (end - start > Reach) return Answer.Clear;
        var next = Math.Max(0, end - Reach);
        if (next > 0 && char.IsLowSurrogate(text[next])) next--;

        // 2. Read until nothing that began at the hit's start or before is still alive.
        _folded.Clear();
        var (index, state) = (0, Automaton.Root);
        while (true)
        {
            var readTo = index == 0 ? next : _folded.Ends[index - 1];
            var hold = automaton.HoldOf(state);
            var isAlive = hold > 0 && _folded.Starts[index - hold] <= start;
            if (readTo >= end && !isAlive) return Answer.Clear;
            if (index == _folded.Length)
            {
                if (next == text.Length) return isFinal || !isAlive ? Answer.Clear : Answer.Pending;
                var block = text.Slice(next, Math.Min(BlockLength, text.Length - next));
                if (next + block.Length < text.Length) block = block[..^TextFolder.Plain.UnsettledTail(block)];
                TextFolder.Plain.Append(block, next, _folded);
                next += block.Length;
                if (index == _folded.Length) continue;
            }

            state = automaton.Step(state, _folded.Text[index++]);
            if (_folded.Ends[index - 1] < end) continue;
            for (var output = automaton.OutputOf(state); output != 0; output = automaton.RecordOf(output).Next)
                if (_folded.Starts[index - automaton.RecordOf(output).Length] <= start) return Answer.Covered;
        }
    }
}
