using Gateway.Inspection.Policies;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>The lines of text of one stream, by what they are: group, part, and path with the kind of event.</summary>
internal sealed class ChannelSet(Exchange exchange)
{
    /// <summary>Most lines of text in one stream.</summary>
    public const int Most = 1024;

    private const int TailCharacters = 200;

    private readonly Dictionary<(int Group, int Part, ulong Path), StreamChannel> _channels = [];
    private readonly bool _hasClassifier = exchange.Epoch.Inspector.HasDeliberate;

    /// <summary>All of them.</summary>
    public Dictionary<(int Group, int Part, ulong Path), StreamChannel>.ValueCollection All => _channels.Values;

    /// <summary>Number of the first event that may not leave because of some channel; <see cref="long.MaxValue"/> when none.</summary>
    public long FirstHeldFrame
    {
        get
        {
            var limit = long.MaxValue;
            foreach (var channel in _channels.Values) limit = Math.Min(limit, channel.FirstHeldFrame);
            return limit;
        }
    }

    /// <summary>Since when the oldest text waits for the classifier; <see langword="null"/> when none does.</summary>
    public long? OldestWaiting
    {
        get
        {
            long? oldest = null;
            foreach (var channel in _channels.Values)
            {
                if (channel.Judged < channel.Total && (oldest is null || channel.WaitingSince < oldest)) oldest = channel.WaitingSince;
            }

            return oldest;
        }
    }

    /// <summary>The channel that a text of the event belongs to.</summary>
    public StreamChannel Of(in TextField field, StreamEvent current)
    {
        var group = current.GroupOf(field.Group);
        var part = field.Sub < 0 ? -1 : current.Scanned.Parts[field.Sub].Index;
        var key = (group, part, field.Node.ChannelHash ?? field.PathHash ^ current.Kind);
        if (_channels.TryGetValue(key, out var channel)) return channel;
        if (_channels.Count == Most) throw new InvalidOperationException($"A stream may have at most {Most} channels.");
        // A classifier may confirm a review term, or policy lets it decide alone; else only another term can.
        return _channels[key] = new StreamChannel(group, part, field.Node.Line, hintsHeldFrom: _hasClassifier || exchange.Policy.HintsDecide ? 0 : long.MaxValue);
    }

    /// <summary>How much of a channel may leave, by stream mode.</summary>
    public long MayLeave(StreamChannel channel)
    {
        if (!_hasClassifier) return channel.Passed;
        return exchange.Policy.Stream switch
        {
            StreamMode.Hold => Math.Min(channel.Passed, channel.Judged),
            StreamMode.Tail when channel.IsFinished => channel.Passed,
            StreamMode.Tail when channel.IsToolCall => 0,
            StreamMode.Tail => Math.Min(channel.Passed, channel.Total - TailCharacters),
            _ => channel.Passed,
        };
    }

    /// <summary>Writes what has been judged so far into the exchange, for its record.</summary>
    public void Settle(ChannelJudge judge)
    {
        var judgement = exchange.Response;
        foreach (var channel in _channels.Values.OrderBy(channel => channel.Group).ThenBy(channel => channel.Part))
        {
            judgement.JudgedCharacters += _hasClassifier && exchange.Policy.Stream != StreamMode.Follow ? Math.Max(channel.Judged, channel.Passed) : channel.Passed;
            judgement.JudgedFields++;
            if (!channel.IsFinished) channel.Verdict = judge.VerdictSoFar(channel);
            judgement.Add(channel.Verdict, NameOf(channel));
            exchange.ResponseText.Add(NameOf(channel), channel.Whole.ToString(), channel.Verdict.Detections.Count > 0);
        }

        foreach (var call in _channels.Values.Where(channel => channel.Role == FieldCapture.ToolArguments))
        {
            var name = _channels.Values.FirstOrDefault(channel => channel.Role == FieldCapture.ToolName && channel.Group == call.Group && channel.Part == call.Part);
            var quoted = name is null ? null : ToolCall.Quotable(name.Whole.ToString(), name.Verdict.Detections.Count > 0);
            judgement.AddToolCall(new ToolCall(quoted, call.Whole.ToString()));
        }
    }

    private string NameOf(StreamChannel channel)
    {
        var shape = exchange.Operation.StreamEvent!;
        return channel.Group < 0 ? "event"
            : channel.Part < 0 ? $"{shape.GroupName}[{channel.Group}]"
            : $"{shape.GroupName}[{channel.Group}].{shape.PartName}";
    }
}
