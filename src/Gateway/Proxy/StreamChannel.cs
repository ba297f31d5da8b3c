using System.Buffers;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// One line of text inside a stream: the content of a choice, the arguments of a tool call. Positions count UTF-16 units
/// from the beginning of the channel.
/// </summary>
internal sealed class StreamChannel(int group, int part, ShapeRule line, long hintsHeldFrom)
{
    private static readonly SearchValues<char> SentenceEnds = SearchValues.Create("。！？!?…；\n");

    private const char Alone = '\uFFFD'; // for half a character without its other half

    private readonly Queue<StreamPiece> _held = new();
    private char[] _text = new char[512];
    private long _first; // position of _text[0]
    private int _length;

    /// <summary>Number of the group it belongs to; −1 for none.</summary>
    public int Group { get; } = group;

    /// <summary>Number of the part of its group; −1 for none.</summary>
    public int Part { get; } = part;

    /// <summary>Identity of its whole text.</summary>
    public ulong TextHash { get; private set; } = PathHashes.Seed;

    /// <summary>A backslash has come: the text may be JSON inside a string, with letters spelled as escapes.</summary>
    public bool MayHoldEscapes { get; private set; }

    /// <summary>Arguments of a tool: nothing may act on half of them.</summary>
    public bool IsToolCall => Role is FieldCapture.ToolName or FieldCapture.ToolArguments;

    /// <summary>What its text is to a tool.</summary>
    public FieldCapture Role { get; } = line.Capture;

    /// <summary>Its text is spelled as lists of bytes.</summary>
    public bool IsBytes { get; } = line.IsBytes;

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

    /// <summary>From where on review terms are held as they come; <see cref="long.MaxValue"/> while nothing could confirm one.</summary>
    public long HintsHeldFrom { get; private set; } = hintsHeldFrom;

    /// <summary>Characters that the classifier has judged.</summary>
    public long Judged { get; set; }

    /// <summary>When the oldest character that waits for the classifier came.</summary>
    public long WaitingSince { get; set; }

    /// <summary>No character will follow, and the whole has been judged.</summary>
    public bool IsFinished { get; set; }

    /// <summary>The classifier has seen the whole, and nothing came since.</summary>
    public bool IsSeenWhole { get; set; }

    /// <summary>Number of the first frame that may not leave because of this channel; <see cref="long.MaxValue"/> when none.</summary>
    public long FirstHeldFrame => _held.Count == 0 ? long.MaxValue : _held.Peek().Frame;

    /// <summary>The whole text, for the record.</summary>
    public System.Text.StringBuilder Whole { get; } = new();

    /// <summary>How many characters at the end are half of one whose other half may still come: 1 or 0.</summary>
    public int Half => _length > 0 && char.IsHighSurrogate(_text[_length - 1]) ? 1 : 0;

    /// <summary>Takes what one string added.</summary>
    /// <param name="text">The characters.</param>
    /// <param name="frame">Number of the event.</param>
    /// <param name="tokenStart">Position in the stream of the string's first byte; −1 when its bytes are not to be found.</param>
    /// <param name="tokenLength">Bytes of the string.</param>
    public void Append(ReadOnlySpan<char> text, long frame, long tokenStart, int tokenLength)
    {
        if (_length + text.Length > _text.Length) Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + text.Length));
        var start = _length;
        text.CopyTo(_text.AsSpan(start));
        _length += text.Length;
        MatchHalves(start);
        Whole.Append(_text.AsSpan(start, text.Length));
        TextHash = PathHashes.MixText(TextHash, text);
        if (!MayHoldEscapes && text.Contains('\\')) MayHoldEscapes = true;
        _held.Enqueue(new StreamPiece(frame, Total, Total + text.Length, tokenStart, tokenLength));
        Total += text.Length;
        IsFinished = IsSeenWhole = false;
    }

    /// <summary>Nothing follows: a half that waits stays alone.</summary>
    public void End()
    {
        if (Half == 0) return;
        _text[_length - 1] = Alone;
        Whole[^1] = Alone;
    }

    /// <summary>Adds what the immediate detectors found, unless it is known already: another detector's hold shows a text again.</summary>
    /// <returns>How many of the list were new.</returns>
    public int AddImmediate(DetectionList found, int offset)
    {
        var added = 0;
        for (var i = 0; i < found.Count; i++)
        {
            var detection = found[i] with { Start = found[i].Start + offset };
            if (IsKnown(detection)) continue;
            Immediate.Add(detection);
            // From here on a second one would confirm it.
            if (detection is { Tier: Tier.Review, LabelsOnly: false }) HintsHeldFrom = Math.Min(HintsHeldFrom, detection.End);
            added++;
        }

        return added;
    }

    /// <summary>The pieces that hold characters of a range and have not been vouched for.</summary>
    public IEnumerable<StreamPiece> Pieces(long start, long end) => _held.Where(piece => piece.Start < end && piece.End > start);

    /// <summary>The text from a position on, with up to <paramref name="context"/> characters before it; half a character waits for the rest of it.</summary>
    /// <param name="position">First character that is not context.</param>
    /// <param name="context">Most characters of context.</param>
    /// <param name="isFinal">No character will follow.</param>
    /// <param name="windowStart">Position of the window's first character.</param>
    public TextWindow Window(long position, int context, bool isFinal, out long windowStart)
    {
        windowStart = Math.Max(_first, position - context);
        var offset = (int)(windowStart - _first);
        return new TextWindow(_text.AsMemory(offset, _length - offset - (isFinal ? 0 : Half)), (int)(position - windowStart), isFinal, TextSide.Response)
        {
            HintsHeldFrom = (int)Math.Clamp(HintsHeldFrom - windowStart, 0, int.MaxValue),
        };
    }

    /// <summary>Lets text up to a position leave: frames that held nothing else are free.</summary>
    public void Vouch(long position)
    {
        while (_held.TryPeek(out var segment) && segment.End <= position) _held.Dequeue();
    }

    /// <summary>Halves of characters that stand alone are judged as what a client shows for them; the last one may still be matched.</summary>
    /// <param name="start">Where the newest characters begin.</param>
    private void MatchHalves(int start)
    {
        var i = start > 0 && char.IsHighSurrogate(_text[start - 1]) ? start - 1 : start;
        if (i == start && !_text.AsSpan(start, _length - start).ContainsAnyInRange('\uD800', '\uDFFF')) return;
        for (; i < _length; i++)
        {
            if (!char.IsSurrogate(_text[i])) continue;
            if (char.IsHighSurrogate(_text[i]))
            {
                if (i + 1 == _length) return;
                if (char.IsLowSurrogate(_text[i + 1]))
                {
                    i++;
                    continue;
                }
            }

            _text[i] = Alone;
            if (i < start) Whole[^1] = Alone;
        }
    }

    private bool IsKnown(in Detection detection)
    {
        for (var i = Immediate.Count - 1; i >= 0; i--)
        {
            // What only labels hides nothing that decides: the same place may be read in two ways.
            if (Immediate[i].Start == detection.Start && Immediate[i].Length == detection.Length && Immediate[i].Rule == detection.Rule
                && (detection.LabelsOnly || !Immediate[i].LabelsOnly)) return true;
        }

        return false;
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
