using System.Buffers;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>What leaves: events in order, labels with the one that ends the text, comments, and the end in the protocol's own words.</summary>
internal sealed class StreamOutlet(
    Exchange exchange, StreamBuffer buffer, ChannelSet channels, StreamGroups groups, StreamEvent current, StreamTextLabel? notice, StreamFormats format, GuardServices services)
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private long _deliveredFrame;
    private int _deliveredEvents;
    private long _deliveredSequence = -1;

    /// <summary>The event that carries the labels has left.</summary>
    public bool IsLabelled { get; private set; }

    /// <summary>When something left last.</summary>
    public long LastRelease { get; private set; } = services.Clock.GetTimestamp();

    /// <summary>What was written last.</summary>
    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    /// <summary>Lets the events before one go.</summary>
    /// <param name="limit">Number of the first that stays.</param>
    public ReadOnlyMemory<byte> Take(long limit)
    {
        var from = buffer.ReleasedEnd;
        while (buffer.TryPeek(out var frame) && frame.Number < limit)
        {
            var start = buffer.Dequeue();
            _deliveredFrame = frame.Number;
            if (frame.HasData) _deliveredEvents++;
            if (frame.Sequence >= 0) _deliveredSequence = frame.Sequence;
            notice?.Place(buffer, frame.Number);
            if (!exchange.IsClosed) exchange.DeliveredCharacters += frame.Characters;
            if (frame.LabelAt < 0 || IsLabelled) continue;
            IsLabelled = true;
            var members = Members();
            if (members.Length > 0) buffer.Replace(new StreamEdit(start + frame.LabelAt, start + frame.LabelAt, AnswerLabels.Fit(members, buffer.At(start, frame.LabelAt))));
        }

        var bytes = buffer.Release(from);
        if (bytes.Length > 0) LastRelease = services.Clock.GetTimestamp();
        return bytes;
    }

    /// <summary>A comment, so that a client that waits does not give up.</summary>
    public ReadOnlyMemory<byte> Heartbeat()
    {
        LastRelease = services.Clock.GetTimestamp();
        _output.ResetWrittenCount();
        _output.Write(": waiting\n\n"u8);
        return Written;
    }

    /// <summary>Writes the end of a stream that was cut for what it says.</summary>
    /// <param name="rest">What leaves before.</param>
    public ReadOnlyMemory<byte> WriteCut(ReadOnlySpan<byte> rest)
    {
        Begin(rest);
        var members = IsLabelled ? default : AnswerLabels.Members(exchange, new Judgement());
        exchange.Protocol.WriteCut(_output, Standing() with { Members = members });
        return Written;
    }

    /// <summary>Writes the end of a stream that cannot go on.</summary>
    /// <param name="error">Why.</param>
    /// <param name="rest">What leaves before.</param>
    public ReadOnlyMemory<byte> WriteError(GatewayError error, ReadOnlySpan<byte> rest = default)
    {
        Begin(rest);
        exchange.Protocol.WriteStreamError(_output, error, Standing());
        return Written;
    }

    private void Begin(ReadOnlySpan<byte> rest)
    {
        _output.ResetWrittenCount();
        _output.Write(rest);
    }

    private StreamEnd Standing()
    {
        var (id, model, created) = current.Named;
        return new StreamEnd(exchange.FactsOf(id, model, created, format), groups.Open(_deliveredFrame), _deliveredEvents, _deliveredSequence, default);
    }

    private ReadOnlyMemory<byte> Members()
    {
        // The label is written into the event that ends the first text; what has been found up to there decides.
        var found = new Judgement();
        foreach (var channel in channels.All) found.Add(channel.Verdict, "");
        found.Include(exchange.Response);
        return AnswerLabels.Members(exchange, found);
    }
}
