using System.Buffers;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>
/// One line of text inside a stream: the content of a choice, the arguments of a tool call. Positions count UTF-16 units
/// from the beginning of the channel.
/// </summary>
internal sealed class StreamChannel(int choice, bool isToolCall)
{
    private static readonly SearchValues<char> SentenceEnds = SearchValues.Create("。！？!?…；\n");

    private readonly Queue<(long Frame, long End)> _held = new();
    private char[] _text = new char[512];
    private long _first; // position of _text[0]
    private int _length;

    /// <summary>Number of the choice it belongs to.</summary>
    public int Choice { get; } = choice;

    /// <summary>Arguments of a tool: nothing may act on half of them.</summary>
    public bool IsToolCall { get; } = isToolCall;

    /// <summary>Everything the immediate detectors found, positions in the channel.</summary>
    public DetectionList Immediate { get; } = new();

    /// <summary>What the classifier found last.</summary>
    public DetectionList Deliberate { get; } = new();

    /// <summary>The last verdict.</summary>
    public Verdict Verdict { get; set; } = Verdict.Clean;

    /// <summary>Characters received.</summary>
    public long Total { get; private set; }

    /// <summary>Characters that the immediate detectors vouch for.</summary>
    public long Passed { get; set; }

    /// <summary>Characters that the classifier has judged.</summary>
    public long Judged { get; set; }

    /// <summary>When the oldest character that waits for the classifier came.</summary>
    public long WaitingSince { get; set; }

    /// <summary>No character will follow, and the whole has been judged.</summary>
    public bool IsFinished { get; set; }

    /// <summary>Number of the first frame that may not leave because of this channel; <see cref="long.MaxValue"/> when none.</summary>
    public long FirstHeldFrame => _held.Count == 0 ? long.MaxValue : _held.Peek().Frame;

    /// <summary>The whole text, for the record.</summary>
    public System.Text.StringBuilder Whole { get; } = new();

    public void Append(ReadOnlySpan<char> text, long frame)
    {
        Whole.Append(text);
        if (_length + text.Length > _text.Length) Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + text.Length));
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
        Total += text.Length;
        _held.Enqueue((frame, Total));
        IsFinished = false;
    }

    /// <summary>The text from a position on, with up to <paramref name="context"/> characters before it.</summary>
    /// <param name="position">First character that is not context.</param>
    /// <param name="context">Most characters of context.</param>
    /// <param name="isFinal">No character will follow.</param>
    /// <param name="windowStart">Position of the window's first character.</param>
    public TextWindow Window(long position, int context, bool isFinal, out long windowStart)
    {
        windowStart = Math.Max(_first, position - context);
        var offset = (int)(windowStart - _first);
        return new TextWindow(_text.AsMemory(offset, _length - offset), (int)(position - windowStart), isFinal, TextSide.Response);
    }

    /// <summary>Lets text up to a position leave: frames that held nothing else are free.</summary>
    public void Vouch(long position)
    {
        while (_held.TryPeek(out var segment) && segment.End <= position) _held.Dequeue();
    }

    /// <summary>Forgets text that nobody needs to see again.</summary>
    /// <param name="position">The oldest character still needed.</param>
    public void Trim(long position)
    {
        var drop = (int)Math.Max(0, position - _first);
        if (drop < 4096) return;
        _text.AsSpan(drop, _length - drop).CopyTo(_text);
        _length -= drop;
        _first += drop;
    }

    /// <summary>True when the newest characters, of which <paramref name="added"/> are new, complete a sentence.</summary>
    public bool EndsSentence(int added)
    {
        var fresh = _text.AsSpan(_length - added, added);
        if (fresh.ContainsAny(SentenceEnds)) return true;
        for (var i = fresh.IndexOf('.'); i >= 0 && i < fresh.Length;)
        {
            // A full stop ends a sentence when white space follows; "3.5" and "e.g" do not.
            if (i + 1 < fresh.Length && char.IsWhiteSpace(fresh[i + 1])) return true;
            var next = fresh[(i + 1)..].IndexOf('.');
            if (next < 0) break;
            i += next + 1;
        }

        return added < _length && _text[_length - added - 1] == '.' && char.IsWhiteSpace(fresh[0]);
    }
}
