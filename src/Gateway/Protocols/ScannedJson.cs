using System.Text;

namespace Gateway.Protocols;

/// <summary>What <see cref="JsonTextScanner"/> found in one body. Reused: everything lives until the next scan.</summary>
internal sealed class ScannedJson
{
    private readonly (int Start, int Length)[] _captures = new (int, int)[Enum.GetValues<FieldCapture>().Length];
    private readonly JoinedTexts _joined = new();
    private readonly RecentValues _recent = new();
    private readonly ByteTexts _bytes = new();
    private char[] _characters = new char[4096];
    private int _length;

    /// <summary>The texts, in document order.</summary>
    public List<TextField> Fields { get; } = [];

    /// <summary>Messages or choices, in document order.</summary>
    public List<JsonGroup> Groups { get; } = [];

    /// <summary>The parts of groups, by ordinal.</summary>
    public List<JsonPart> Parts { get; } = [];

    /// <summary>Structural strings, each value once; in a stream only what did not come lately.</summary>
    public List<JsonIdentifier> Identifiers { get; } = [];

    /// <summary>Parts that no detector can read.</summary>
    public List<UnjudgedField> Unjudged { get; } = [];

    /// <summary>Every string token of the texts, in document order.</summary>
    public List<TextSegment> Segments { get; } = [];

    /// <summary>Objects and arrays that the gateway needs as they stand: log probabilities, arguments of tools.</summary>
    public List<ByteSpan> Spans { get; } = [];

    public ScanFault Fault { get; private set; }

    /// <summary>What to do instead, where the place says so.</summary>
    public string? FaultRemedy { get; private set; }

    /// <summary>The path the fault is about, where it has one.</summary>
    public string? FaultPath { get; private set; }

    /// <summary>Line and byte in line of a <see cref="ScanFault.Malformed"/> body, from 1.</summary>
    public (long Line, long Byte) FaultPosition { get; private set; }

    /// <summary>Whether the client asked for a stream; <see langword="null"/> when it did not say.</summary>
    public bool? IsStream { get; set; }

    /// <summary>Half a character is text here: its other half may come later.</summary>
    internal bool TakesHalves { get; set; }

    /// <summary>The query asks for server-sent events.</summary>
    public bool IsEventStream { get; set; }

    /// <summary>The characters of a text.</summary>
    public ReadOnlyMemory<char> TextOf(in TextField field) => _characters.AsMemory(field.Start, field.Length);

    /// <summary>The characters of an identifier.</summary>
    public ReadOnlyMemory<char> TextOf(in JsonIdentifier identifier) => _characters.AsMemory(identifier.Start, identifier.Length);

    /// <summary>Characters by their place.</summary>
    internal ReadOnlySpan<char> CharactersAt(int start, int length) => _characters.AsSpan(start, length);

    /// <summary>The strings of a text, as texts of their own.</summary>
    public IEnumerable<(int Offset, ReadOnlyMemory<char> Text)> PartsOf(TextField field)
    {
        for (var i = JoinedTexts.SegmentAt(Segments, field.Start); i < Segments.Count && Segments[i].Start < field.Start + field.Length; i++)
        {
            yield return (Segments[i].Start - field.Start, _characters.AsMemory(Segments[i].Start, Segments[i].Length));
        }
    }

    /// <summary>The bytes of a captured string or number, empty when it was absent.</summary>
    public ReadOnlySpan<byte> Captured(FieldCapture capture, ReadOnlySpan<byte> json)
    {
        var (start, length) = _captures[(int)capture];
        return json.Slice(start, length);
    }

    /// <summary>A captured string as such, or <see langword="null"/>.</summary>
    public string? CapturedString(FieldCapture capture, ReadOnlySpan<byte> json)
    {
        var bytes = Captured(capture, json);
        return bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Whether something lies in a second telling of the text, token by token.</summary>
    public bool IsInLogprobs(int tokenStart) => Spans.Exists(span => span.Capture == FieldCapture.Logprobs && span.Start < tokenStart && tokenStart < span.End);

    /// <param name="isEvent">What earlier events of the same stream held is remembered.</param>
    internal void Reset(bool isEvent = false)
    {
        if (!isEvent)
        {
            _recent.Clear();
            _bytes.Clear();
        }

        Fields.Clear();
        Groups.Clear();
        Parts.Clear();
        Identifiers.Clear();
        Unjudged.Clear();
        Segments.Clear();
        Spans.Clear();
        _joined.Clear();
        Array.Clear(_captures);
        _length = 0;
        Fault = ScanFault.None;
        FaultPath = null;
        FaultRemedy = null;
        IsStream = null;
        IsEventStream = false;
        TakesHalves = false;
        // One huge body must not pin its buffer for ever.
        if (_characters.Length > 1 << 20) _characters = new char[4096];
    }

    internal ScannedJson Fail(ScanFault fault, string? path = null, (long, long) position = default, string? remedy = null)
    {
        FaultRemedy = remedy;
        Fault = fault;
        FaultPath = path;
        FaultPosition = position;
        return this;
    }

    /// <summary>Text that is spelled in bytes.</summary>
    internal ByteTexts Bytes => _bytes;

    /// <summary>Takes a structural string: printable ASCII.</summary>
    internal void AddIdentifier(ReadOnlySpan<byte> value, int group, int tokenStart)
    {
        if (value.IsEmpty || !_recent.TryAdd(value)) return;
        var length = Encoding.UTF8.GetChars(value, Reserve(value.Length));
        Identifiers.Add(new JsonIdentifier(Advance(length), length, group, tokenStart));
    }

    /// <summary>Takes a string that may go on with an earlier text.</summary>
    /// <returns>False when it is the first of its text.</returns>
    internal bool TryJoin(ulong hash, int group, int sub, int start, int length) => _joined.TryJoin(this, (hash, group, sub), start, length);

    /// <summary>Brings together the texts whose strings do not lie side by side.</summary>
    internal void Gather() => _joined.Gather(this);

    internal void Capture(FieldCapture capture, int start, int length) => _captures[(int)capture] = (start, length);

    /// <summary>Room for more characters; <see cref="Advance"/> says how many were written.</summary>
    internal Span<char> Reserve(int length)
    {
        if (_characters.Length - _length < length) Array.Resize(ref _characters, Math.Max(_characters.Length * 2, _length + length));
        return _characters.AsSpan(_length);
    }

    internal int Advance(int length)
    {
        var start = _length;
        _length += length;
        return start;
    }
}
