using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// The texts of a stream on their way to the detectors: pieces by channel, texts that come whole, and what nobody shows but leaves all the same
/// (names, comments). Enforces what the judge says: masks in the buffer, and a <see cref="StreamCutException"/> where the stream must end.
/// </summary>
internal sealed class StreamTexts(
    Exchange exchange, StreamEvent current, ChannelSet channels, StreamGroups groups, StreamBuffer buffer, StreamTextLabel? notice, GuardServices services)
{
    private const int HoldCharacters = 120;
    private const int KeptCharacters = 4096;

    private readonly ChannelJudge _judge = new(exchange, services);
    private readonly HashSet<int> _flagged = []; // ordinals of the current event's whole texts with findings
    private readonly List<int> _ending = []; // groups that were said to be finished, while nothing else has followed
    private readonly HashSet<int> _masked = []; // groups whose log probabilities may no longer leave
    private readonly DetectionList _scratch = new();
    private char[] _line = [];

    /// <summary>Text waits for the classifier that need not wait to leave.</summary>
    public bool MustJudge { get; private set; }

    private Policy Policy => exchange.Policy;

    private Judgement Judgement => exchange.Response;

    private bool Enforces => Policy.Mode == EnforcementMode.Enforce;

    private bool HasClassifier => exchange.Epoch.Inspector.HasDeliberate;

    /// <summary>Takes the texts of the event at hand.</summary>
    /// <param name="frame">Its number.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    public async ValueTask TakeAsync(long frame, CancellationToken cancellationToken)
    {
        foreach (var identifier in current.Scanned.Identifiers) await TakeIdentifierAsync(current.Scanned.TextOf(identifier), cancellationToken);

        // 1. What was said to be finished is, once the stream goes on without it. Then text that goes on, whatever ends with this event,
        // and texts that are complete: those tell again what came in pieces.
        if (_ending.Count > 0) await FinishWhatEndedAsync(cancellationToken);
        var fields = current.Scanned.Fields;
        for (var i = 0; i < fields.Count; i++)
        {
            if (!fields[i].Node.Line.IsWhole) await TakeTextAsync(fields[i], frame, cancellationToken);
        }

        await FinishWhatEndsAsync(frame, cancellationToken);
        var holdsCalls = false;
        _flagged.Clear();
        for (var i = 0; i < fields.Count; i++)
        {
            if (!fields[i].Node.Line.IsWhole) continue;
            holdsCalls |= fields[i].Node.Capture is FieldCapture.ToolName or FieldCapture.ToolArguments;
            if (await TakeWholeAsync(fields[i], cancellationToken)) _flagged.Add(i);
            notice?.TakeWhole(current.Scanned, fields[i], current.GroupOf(fields[i].Group), current.Data.Span, frame, current.PositionOf);
        }

        // 2. What follows from them.
        if (holdsCalls) ToolCallReader.Read(current.Scanned, current.Data.Span, _flagged.Contains, Judgement);
        if (_masked.Count > 0) RemoveLogprobs();
    }

    /// <summary>Writes what has been judged so far into the exchange, for its record.</summary>
    public void Settle() => channels.Settle(_judge);

    private async ValueTask FinishWhatEndsAsync(long frame, CancellationToken cancellationToken)
    {
        if (current.Means(EventMeaning.EndsText))
        {
            groups.EndAll(frame);
            await FinishAsync(null, null, cancellationToken);
            return;
        }

        foreach (var group in current.Scanned.Groups)
        {
            if (current.Means(EventMeaning.EndsGroup) || (group.IsFinished && exchange.Protocol.AnnouncesEnd)) await FinishAsync(group.Index, null, cancellationToken);
            else if (group.IsFinished)
            {
                // Some servers say so in every event: what is held for text that may follow stays held until something else does, or nothing.
                // The verdict on the whole is due now all the same: this event tells the client how it ended.
                if (!_ending.Contains(group.Index)) _ending.Add(group.Index);
                await JudgeWholeAsync(group.Index, cancellationToken);
            }
            else if (current.Means(EventMeaning.EndsPart) && current.Scanned.Parts.Count > 0)
            {
                await FinishAsync(group.Index, current.Scanned.Parts[0].Index, cancellationToken);
            }
        }
    }

    private async ValueTask FinishWhatEndedAsync(CancellationToken cancellationToken)
    {
        if (!current.Scanned.Groups.Exists(group => !_ending.Contains(group.Index))) return;
        for (var i = _ending.Count - 1; i >= 0; i--)
        {
            var ended = _ending[i];
            if (current.Scanned.Groups.Exists(group => group.Index == ended)) continue;
            await FinishAsync(ended, null, cancellationToken);
            _ending.RemoveAt(i);
        }
    }

    private async ValueTask JudgeWholeAsync(int group, CancellationToken cancellationToken)
    {
        foreach (var channel in channels.All)
        {
            if (channel.IsFinished || channel.Group != group) continue;
            await ClassifyAsync(channel, DecisionPoint.Whole, cancellationToken);
            channel.Vouch(channels.MayLeave(channel));
        }
    }

    private async ValueTask TakeTextAsync(TextField field, long frame, CancellationToken cancellationToken)
    {
        // Names of unknown properties and watched fields come whole in every event: judged, never held.
        var isWatched = field.Rule == FieldRule.Watch;
        if (field.IsName || isWatched)
        {
            await JudgeBriefAsync(current.Scanned.TextOf(field), isWatched && !Policy.JudgesWatched, cancellationToken, field);
            return;
        }

        var channel = channels.Of(field, current);
        if (channel.IsFinished && field.Length > 0 && Enforces)
        {
            // Its end was released as an end: together with what comes now it could be what nobody judged.
            Judgement.Fail(FaultAction.Block, "text_after_end");
            throw new StreamCutException(null, GatewayError.AnswerUnjudgeable);
        }

        foreach (var segment in current.Scanned.Segments)
        {
            if (segment.Start < field.Start || segment.Start >= field.Start + field.Length) continue;
            var text = current.Scanned.TextOf(field).Span.Slice(segment.Start - field.Start, segment.Length);
            channel.Append(text, frame, current.PositionOf(segment.TokenStart + 1), segment.TokenLength);
        }

        notice?.Take(channel, current.Scanned, field, current.Data.Span, frame, current.PositionOf);
        exchange.ProducedCharacters += field.Length;
        await PassAsync(channel, isFinal: false, cancellationToken);

        if (HasClassifier && Policy.Stream != StreamMode.Tail)
        {
            if (channel.Judged == channel.Total - field.Length) channel.WaitingSince = services.Clock.GetTimestamp();
            if (channel.Total - channel.Judged >= HoldCharacters || channel.EndsSentence(field.Length))
            {
                if (Policy.Stream == StreamMode.Hold) await ClassifyAsync(channel, DecisionPoint.MidStream, cancellationToken);
                else MustJudge = true;
            }
        }

        channel.Vouch(channels.MayLeave(channel));
        if (Policy.Stream == StreamMode.Hold || !HasClassifier) channel.Trim(channels.MayLeave(channel) - KeptCharacters);
    }

    private async ValueTask PassAsync(StreamChannel channel, bool isFinal, CancellationToken cancellationToken)
    {
        if (await _judge.PassAsync(channel, isFinal, cancellationToken)) Cut(channel);
        if (_judge.Masks.Count == 0 || !Enforces) return;
        _masked.Add(channel.Group);
        foreach (var mask in _judge.Masks)
        {
            var unmasked = channel.IsBytes
                ? MaskedText.Empty(buffer, channel.Pieces(mask.Start, mask.End))
                : MaskedText.Apply(buffer, channel.Pieces(mask.Start, mask.End), mask);
            if (unmasked) throw new InvalidOperationException("A text that was to be masked has left already.");
        }
    }

    private async ValueTask ClassifyAsync(StreamChannel channel, DecisionPoint point, CancellationToken cancellationToken)
    {
        if (await _judge.ClassifyAsync(channel, point, cancellationToken)) Cut(channel);
    }

    /// <summary>The text of one part or group (or of all) is complete: nothing is held back for what may follow any more.</summary>
    public async ValueTask FinishAsync(int? group, int? part, CancellationToken cancellationToken)
    {
        foreach (var channel in channels.All)
        {
            if (channel.IsFinished || (group is not null && channel.Group != group) || (part is not null && channel.Part != part)) continue;
            await PassAsync(channel, isFinal: true, cancellationToken);
            await ClassifyAsync(channel, DecisionPoint.Whole, cancellationToken);
            channel.IsFinished = true;
            channel.Vouch(channel.Total);
            notice?.Finish(channel);
        }
    }

    /// <returns>True when something was found.</returns>
    private async ValueTask<bool> TakeWholeAsync(TextField field, CancellationToken cancellationToken)
    {
        var text = current.Scanned.TextOf(field);
        var isWatched = field.Rule == FieldRule.Watch;
        if (field.IsName || isWatched)
        {
            await JudgeBriefAsync(text, isWatched && !Policy.JudgesWatched, cancellationToken, field);
            return false;
        }

        var (verdict, isNew) = await _judge.JudgeCompleteAsync(text, cancellationToken);
        if (isNew)
        {
            Judgement.JudgedCharacters += text.Length;
            Judgement.JudgedFields++;
            exchange.ProducedCharacters += text.Length;
            Judgement.Add(verdict, "event");
            exchange.ResponseText.Add("event", text.ToString(), verdict.Detections.Count > 0);
        }

        if (verdict.Action == GuardAction.Block || (verdict.Action == GuardAction.Mask && field.IsDecoded)) Cut(null);
        if (Enforces)
        {
            foreach (var mask in _judge.Masks)
            {
                _masked.Add(current.GroupOf(field.Group));
                MaskedText.Apply(buffer, current.Scanned, field, mask, current.PositionOf);
            }
        }

        return verdict.Detections.Count > 0;
    }

    private void RemoveLogprobs()
    {
        foreach (var span in current.Scanned.Spans)
        {
            if (span.Capture != FieldCapture.Logprobs || !_masked.Contains(current.GroupOf(span.Group))) continue;
            buffer.Replace(new StreamEdit(current.PositionOf(span.Start), current.PositionOf(span.End), span.IsArray ? "[]"u8.ToArray() : "null"u8.ToArray()));
        }
    }

    public async ValueTask JudgeWaitingAsync(CancellationToken cancellationToken)
    {
        MustJudge = false;
        foreach (var channel in channels.All)
        {
            if (channel.Judged == channel.Total) continue;
            await ClassifyAsync(channel, DecisionPoint.MidStream, cancellationToken);
            channel.Vouch(channels.MayLeave(channel));
        }
    }

    /// <summary>Comments, event names and ids: no client shows them, but they are bytes that leave.</summary>
    public async ValueTask TakeLineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        if (_line.Length < line.Length) _line = new char[Math.Max(line.Length, 256)];
        await JudgeBriefAsync(_line.AsMemory(0, Encoding.UTF8.GetChars(line.Span, _line)), isWatched: false, cancellationToken);
    }

    private async ValueTask JudgeBriefAsync(ReadOnlyMemory<char> text, bool isWatched, CancellationToken cancellationToken, TextField? field = null)
    {
        var verdict = await _judge.JudgeBriefAsync(text, cancellationToken);
        Judgement.JudgedCharacters += text.Length;
        if (verdict.Detections.Count == 0) return;
        if (isWatched)
        {
            if (verdict.Action < GuardAction.Mask || field is not { } aside || !current.Scanned.IsInLogprobs(aside.TokenStart))
            {
                Judgement.AddWatched(verdict, "event");
                return;
            }

            // What the model might have said instead: nobody's text, but it goes with all of its kind.
            Judgement.Add(verdict with { Action = GuardAction.Mask, IsLabelled = false }, "event");
            if (Enforces) _masked.Add(current.GroupOf(aside.Group));
            return;
        }

        // Where nothing can be masked, what policy masks may not pass either.
        if (verdict.Action == GuardAction.Mask) verdict = verdict with { Action = GuardAction.Block };
        Judgement.Add(verdict, "event");
        if (verdict.Action == GuardAction.Block) Cut(null);
    }

    private async ValueTask TakeIdentifierAsync(ReadOnlyMemory<char> identifier, CancellationToken cancellationToken)
    {
        var verdict = await IdentifierText.JudgeAsync(exchange.Epoch.Inspector, Policy, identifier, TextSide.Response, _scratch, cancellationToken);
        if (verdict.Action != GuardAction.Block) return;
        Judgement.Add(verdict, "event");

        // The end is not to repeat it.
        current.Forget();
        Cut(null);
    }

    /// <summary>The stream must end here because of what it says; monitoring, it goes on.</summary>
    private void Cut(StreamChannel? culprit)
    {
        if (culprit is not null && _judge.VerdictSoFar(culprit) is { Action: GuardAction.Block } verdict) culprit.Verdict = verdict;
        if (Enforces) throw new StreamCutException(culprit);
    }
}
