using System.Buffers.Text;
using System.Text.Unicode;
using Gateway.Configuration;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>The event at hand: its data as one JSON value, where its bytes lie in the stream, and what it says about the text around it.</summary>
internal sealed class StreamEvent(IProtocol protocol, JsonShape shape, StreamFraming framing, StreamBuffer buffer)
{
    private byte[] _joined = [];

    /// <summary>What was found in the data.</summary>
    public ScannedJson Scanned { get; } = new();

    /// <summary>It has data: it is more than a comment.</summary>
    public bool HasData { get; private set; }

    /// <summary>Its data.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>It is the protocol's terminator, and no JSON.</summary>
    public bool IsTerminator { get; private set; }

    /// <summary>What it says about the text around it.</summary>
    public EventMeaning Meaning { get; private set; }

    /// <summary>What kind of event it is; 0 where events have none.</summary>
    public ulong Kind { get; private set; }

    /// <summary>A group of it is complete.</summary>
    public bool EndsSomeGroup { get; private set; }

    /// <summary>The number it gives itself; −1 for none.</summary>
    public long Sequence { get; private set; }

    /// <summary>What the answer calls itself, as far as its events have said.</summary>
    public (string? Id, string? Model, string? Created) Named { get; private set; }

    /// <summary>Takes the event that the framing has just found.</summary>
    public void Take()
    {
        HasData = framing.Data.Count > 0;
        Data = HasData ? Join() : default;
        IsTerminator = HasData && protocol.IsTerminator(Data.Span);
        (Meaning, Kind, Sequence, EndsSomeGroup) = (EventMeaning.None, 0, -1, false);
    }

    /// <summary>Reads the data.</summary>
    /// <returns>Why nobody can read it; <see langword="null"/> when it was read.</returns>
    public string? Read(LimitsOptions limits)
    {
        var data = Data.Span;
        if (!Utf8.IsValid(data)) return "event is not UTF-8";
        JsonTextScanner.Scan(data, shape, limits.JsonDepth, limits.TextFields, Scanned, isEvent: true);
        if (Scanned.Fault != ScanFault.None) return "event is not JSON";

        Named = (Named.Id ?? Scanned.CapturedString(FieldCapture.Id, data),
            Named.Model ?? Scanned.CapturedString(FieldCapture.Model, data),
            Named.Created ?? Scanned.CapturedString(FieldCapture.Created, data));
        var type = Scanned.Captured(FieldCapture.Type, data);
        if (!type.IsEmpty) (Meaning, Kind) = (protocol.MeaningOf(type), PathHashes.Mix(PathHashes.Seed, type));
        Sequence = Utf8Parser.TryParse(Scanned.Captured(FieldCapture.Sequence, data), out long sequence, out _) ? sequence : -1;
        foreach (var group in Scanned.Groups) EndsSomeGroup |= group.IsFinished;
        return null;
    }

    /// <summary>What the answer calls itself is not to be repeated.</summary>
    public void Forget() => Named = default;

    /// <summary>Whether it means something.</summary>
    public bool Means(EventMeaning meaning) => (Meaning & meaning) != 0;

    /// <summary>Position in the stream of an offset in the data; −1 when it is not there.</summary>
    public long PositionOf(int offset)
    {
        foreach (var (at, size) in framing.Data)
        {
            if (offset <= size) return buffer.PendingStart + at + offset;
            offset -= size + 1;
        }

        return -1;
    }

    /// <summary>Number of a group of the event; −1 for none.</summary>
    public int GroupOf(int ordinal) => ordinal < 0 ? -1 : Scanned.Groups[ordinal].Index;

    /// <summary>Offset in the event of the brace that labels go before; −1 when there is none.</summary>
    public int ClosingBrace()
    {
        var (at, size) = framing.Data[^1];
        var brace = AnswerLabels.ClosingBrace(buffer.Slice(at, size).Span);
        return brace < 0 ? -1 : at + brace;
    }

    private ReadOnlyMemory<byte> Join()
    {
        if (framing.Data.Count == 1) return buffer.Slice(framing.Data[0].Start, framing.Data[0].Length);
        var length = framing.Data.Sum(line => line.Length + 1) - 1;
        if (_joined.Length < length) _joined = new byte[length];
        var position = 0;
        foreach (var (at, size) in framing.Data)
        {
            if (position > 0) _joined[position++] = (byte)'\n';
            buffer.Slice(at, size).CopyTo(_joined.AsMemory(position));
            position += size;
        }

        return _joined.AsMemory(0, length);
    }
}
