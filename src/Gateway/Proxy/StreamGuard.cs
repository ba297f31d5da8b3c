using System.Text.Unicode;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Inspection.Policies;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// Judges a stream while it flows. The proxy's copy loop pulls released bytes from <see cref="NextAsync"/>; this class
/// pulls events from the model server, feeds their text to the detectors channel by channel, and lets an event leave when
/// every character in it has been vouched for. Events leave whole and in order; see DESIGN.md, "Streaming".
/// </summary>
internal sealed class StreamGuard : IDisposable
{
    private const string EventTooLarge = "An event of the stream is larger than the limit.";
    private static readonly TimeSpan HoldTime = TimeSpan.FromMilliseconds(250);

    private readonly Exchange _exchange;
    private readonly GuardServices _services;
    private readonly StreamFraming _framing;
    private readonly StreamBuffer _buffer = new();
    private readonly StreamIntake _intake;
    private readonly StreamEvent _event;
    private readonly StreamGroups _groups = new();
    private readonly ChannelSet _channels;
    private readonly StreamTexts _texts;
    private readonly StreamOutlet _outlet;
    private readonly StreamTextLabel? _notice;

    private long _frame;
    private long _lastEnd; // number of the last event that ended the text
    private bool _hasBegun;
    private bool _hasTerminator;
    private bool _ended;
    private bool _settled;
    private bool _disposed;

    public StreamGuard(Exchange exchange, Stream upstream, StreamFraming framing, GuardServices services)
    {
        _exchange = exchange;
        _services = services;
        _framing = framing;
        _intake = new StreamIntake(upstream, _buffer, services);
        _event = new StreamEvent(exchange.Protocol, exchange.Operation.StreamEvent!, framing, _buffer);
        _channels = new ChannelSet(exchange);
        if (exchange.TextLabel is { IsOff: false } label) _notice = new StreamTextLabel(label, exchange.Operation.StreamEvent!.HasAnswers);
        _texts = new StreamTexts(exchange, _event, _channels, _groups, _buffer, _notice, services);
        _outlet = new StreamOutlet(exchange, _buffer, _channels, _groups, _event, _notice, framing.Format, services);
    }

    private Policy Policy => _exchange.Policy;

    private IProtocol Protocol => _exchange.Protocol;

    private Judgement Judgement => _exchange.Response;

    private bool Enforces => Policy.Mode == EnforcementMode.Enforce;

    private bool HasClassifier => _exchange.Epoch.Inspector.HasDeliberate;

    /// <summary>The next bytes that may leave; empty at the end. Valid until the next call.</summary>
    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        // The copy loop comes back only when everything before has been written to the client.
        _exchange.WrittenCharacters = _exchange.DeliveredCharacters;
        if (_ended) return default;
        try
        {
            return await AdvanceOrCutAsync(cancellationToken);
        }
        catch (UnrecordedException)
        {
            // The end may not be announced: the journal does not know of it.
            End();
            return _outlet.WriteError(GatewayError.Unrecorded);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> AdvanceOrCutAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AdvanceAsync(cancellationToken);
        }
        catch (StreamCutException cut)
        {
            return cut.Error is { } error ? await BreakOffAsync(error, AuditOutcomes.Failed) : await CutAsync(cut.Culprit);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> AdvanceAsync(CancellationToken cancellationToken)
    {
        var mark = _exchange.Mark();
        try
        {
            while (true)
            {
                // 1. Judge every whole event that is there.
                if (_texts.MustJudge) await _texts.JudgeWaitingAsync(cancellationToken);
                while (!_ended && _framing.TryRead(_buffer.Pending, _intake.HasEnded, out var length))
                {
                    await TakeFrameAsync(length, cancellationToken);
                    if (_ended) return _outlet.Written;
                }

                if (_buffer.Pending.Length > _services.Limits.EventBytes) throw new InvalidOperationException(EventTooLarge);

                // 2. The end: whatever is held has been judged, because nothing can follow.
                if (_intake.HasEnded) return await EndAsync(cancellationToken);

                // 3. Let go of what is vouched for.
                var block = await ReleaseAsync();
                if (block.Length > 0) return block;

                // 4. Wait for more, but not longer than text may be held, nor so long that the client gives up.
                _exchange.Spent(mark);
                var isSilent = !await FillAsync(cancellationToken);
                mark = _exchange.Mark();
                if (isSilent) return _outlet.Heartbeat();
            }
        }
        catch (Exception ended) when (ended is StreamCutException or UnrecordedException)
        {
            throw;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (_services.Cut.IsCancellationRequested)
        {
            return await BreakOffAsync(GatewayError.ShuttingDown, AuditOutcomes.Cut);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            return await UpstreamDiedAsync(fault, cancellationToken);
        }
        catch (Exception fault)
        {
            // One of the three named places: a detector, the journal or the guard itself failed. Policy decided already
            // where it could; what is left is to end the stream without another byte of text.
            _services.Report(fault, "stream", _exchange);
            _exchange.Fault ??= fault.GetType().Name;
            Judgement.Fail(FaultAction.Block, fault.GetType().Name);
            return await BreakOffAsync(GatewayError.Unjudgeable, AuditOutcomes.Failed);
        }
        finally
        {
            _exchange.Spent(mark);
        }
    }

    /// <summary>What has been judged so far, for the record of a stream that was left before its end.</summary>
    public void Settle()
    {
        if (_settled) return;
        _settled = true;
        _texts.Settle();
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _intake.Dispose();
    }

    // Events ---------------------------------------------------------------------------------------------------------

    private async ValueTask TakeFrameAsync(int length, CancellationToken cancellationToken)
    {
        if (length > _services.Limits.EventBytes) throw new InvalidOperationException(EventTooLarge);
        var frame = ++_frame;
        var producedBefore = _exchange.ProducedCharacters;
        _event.Take();
        if (_hasTerminator && _event is { HasData: true, IsTerminator: false })
        {
            // No data may follow the terminator: the record is closed there.
            _intake.End();
            _buffer.DropPending();
            return;
        }

        if (_framing.IsAmbiguous) Uninspectable("event that readers would differ about");
        foreach (var (at, size) in _framing.Other)
        {
            if (!Utf8.IsValid(_buffer.Slice(at, size).Span)) Uninspectable("line is not UTF-8");
            await _texts.TakeLineAsync(_buffer.Slice(at, size), cancellationToken);
        }

        var labelAt = -1;
        if (_event.IsTerminator)
        {
            _hasTerminator = true;
            await _texts.FinishAsync(null, null, cancellationToken);
        }
        else if (_event.HasData)
        {
            labelAt = await TakeDataAsync(frame, cancellationToken);
        }

        var characters = (int)(_exchange.ProducedCharacters - producedBefore);
        _buffer.Add(new StreamFrame(frame, length, labelAt, characters, _event.HasData, _event.Sequence));
    }

    private async ValueTask<int> TakeDataAsync(long frame, CancellationToken cancellationToken)
    {
        // 1. What the event is about.
        if (_event.Read(_services.Limits) is { } why) return Uninspectable(why);
        if (_exchange.ContentLabel?.Meet(_event.Data.Span) is { } change)
        {
            _buffer.Replace(new StreamEdit(_event.PositionOf(change.Start), _event.PositionOf(change.End), change.Replacement));
        }

        var scanned = _event.Scanned;
        if (!_groups.Agree(scanned)) Uninspectable("number that readers would differ about");
        _exchange.Usage = UsageReader.Read(_event.Data.Span, _exchange.Usage);
        foreach (var part in scanned.Unjudged) Judgement.AddUnjudged(new UnjudgedPart(part.Reason, null, part.Kind, part.Bytes));
        foreach (var group in scanned.Groups) _groups.See(group.Index, frame, group.IsFinished || _event.Means(EventMeaning.EndsGroup));

        // 2. Its texts.
        await _texts.TakeAsync(frame, cancellationToken);
        if (_event.Means(EventMeaning.EndsStream) || (Protocol.AnnouncesEnd && _event.EndsSomeGroup)) _hasTerminator = true;
        var isFirst = !_hasBegun;
        _hasBegun = true;
        if (!_event.Means(EventMeaning.EndsText) && !_event.EndsSomeGroup)
        {
            if (isFirst) LabelFirst();
            return -1;
        }

        // 3. Labels go before the last brace of the event that ends the text.
        _lastEnd = frame;
        var brace = _event.ClosingBrace();
        if (brace < 0 || !_exchange.Operation.IsGenerated) return -1;
        _exchange.ContentLabel?.Expect();
        return brace;
    }

    /// <summary>Settings may want the label in the first event, too.</summary>
    private void LabelFirst()
    {
        if (_exchange.ContentLabel is not { BeginsStream: true } label || !_exchange.Operation.IsGenerated) return;
        var brace = _event.ClosingBrace();
        if (brace < 0) return;
        var at = _buffer.PendingStart + brace;
        _buffer.Replace(new StreamEdit(at, at, AnswerLabels.Fit(AnswerLabels.LabelsOf(label), _buffer.Slice(0, brace).Span)));
    }

    private int Uninspectable(string why)
    {
        Judgement.AddUnjudged(new UnjudgedPart("uninspectable", null, why, 0));
        if (!Enforces || Policy.OnUninspectable == FaultAction.Allow) return -1;
        Judgement.Fail(FaultAction.Block, why);
        throw new StreamCutException(null, GatewayError.AnswerUnjudgeable);
    }

    // Releasing ------------------------------------------------------------------------------------------------------

    /// <summary>Moves everything that may leave out of the hold.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReleaseAsync()
    {
        if (!_buffer.IsHolding) return default;
        var limit = FirstHeldFrame();
        if (_notice is not null) limit = _notice.Limit(limit);

        // The end waits for the record: nothing tells a client "complete" before the journal knows. Where no event says so,
        // the last one that ended the text waits until it is known whether another follows.
        if (_hasTerminator && limit == long.MaxValue) await CloseAsync(AuditOutcomes.Completed);
        else if (_exchange.Operation.Streams.HasFlag(StreamFormats.Array) && _lastEnd > 0 && Enforces) limit = Math.Min(limit, _lastEnd);
        return _outlet.Take(limit);
    }

    private long FirstHeldFrame() => Enforces ? _channels.FirstHeldFrame : long.MaxValue;

    /// <summary>Reads more, but waits no longer than text may be held, nor so long that the client gives up.</summary>
    /// <returns>False when nothing has come or left for so long that the client should hear something.</returns>
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        var patience = HeartbeatDue();
        if (HasClassifier && Policy.Stream == StreamMode.Hold && _buffer.IsHolding && _channels.OldestWaiting is { } since)
        {
            var hold = HoldTime - _services.Clock.GetElapsedTime(since);
            if (hold < patience) patience = hold;
        }

        if (await _intake.ReadAsync(patience, cancellationToken)) return true;
        if (HeartbeatDue() <= TimeSpan.Zero) return false;

        // Nothing came in time: what is held is judged as it stands.
        await _texts.JudgeWaitingAsync(cancellationToken);
        return true;
    }

    /// <summary>Time until the client should hear something although text is held; never where the format knows no comments.</summary>
    private TimeSpan HeartbeatDue() => _framing.Format != StreamFormats.Events || !_buffer.IsHolding
        ? TimeSpan.MaxValue
        : TimeSpan.FromSeconds(_services.Limits.HeartbeatSeconds) - _services.Clock.GetElapsedTime(_outlet.LastRelease);

    // Endings --------------------------------------------------------------------------------------------------------

    private async ValueTask<ReadOnlyMemory<byte>> EndAsync(CancellationToken cancellationToken)
    {
        await _texts.FinishAsync(null, null, cancellationToken);
        if (_hasTerminator || (!Protocol.AnnouncesEnd && _groups.AllEnded))
        {
            await CloseAsync(AuditOutcomes.Completed);
            var rest = _outlet.Take(long.MaxValue);
            _ended = true;
            return rest;
        }

        // The connection ended in good order, the answer did not: no server that lives leaves a choice unfinished.
        _exchange.Fault ??= "incomplete";
        return await EndBrokenAsync();
    }

    private async ValueTask<ReadOnlyMemory<byte>> UpstreamDiedAsync(Exception fault, CancellationToken cancellationToken)
    {
        _exchange.Fault ??= fault is HttpIOException http ? http.HttpRequestError.ToString() : fault.GetType().Name;
        try
        {
            // Half an event is dropped; whole ones are judged before they leave.
            await _texts.FinishAsync(null, null, cancellationToken);
            return await EndBrokenAsync();
        }
        catch (Exception second) when (second is not (OperationCanceledException or StreamCutException or UnrecordedException))
        {
            _services.Report(second, "stream", _exchange);
            Judgement.Fail(FaultAction.Block, second.GetType().Name);
            return await BreakOffAsync(GatewayError.Unjudgeable, AuditOutcomes.Failed);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> EndBrokenAsync()
    {
        _notice?.End(long.MaxValue);
        var rest = _outlet.Take(long.MaxValue).ToArray();
        await CloseAsync(AuditOutcomes.UpstreamError);
        _ended = true;
        return _outlet.WriteError(GatewayError.UpstreamFailed, rest);
    }

    /// <summary>Ends the stream because of what it says.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> CutAsync(StreamChannel? culprit)
    {
        // What was free to leave before this event still does, whatever reads it came in.
        var limit = FirstHeldFrame();
        _notice?.End(limit);
        if (!_outlet.IsLabelled) _exchange.ContentLabel?.Expect();
        var rest = _outlet.Take(limit).ToArray();
        if (culprit is not null) culprit.IsFinished = true; // its verdict stands
        await CloseAsync(AuditOutcomes.Blocked);
        End();
        return _outlet.WriteCut(rest);
    }

    /// <summary>Ends the stream because it cannot go on.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> BreakOffAsync(GatewayError error, string outcome)
    {
        await CloseAsync(outcome);
        End();
        return _outlet.WriteError(error);
    }

    private void End()
    {
        _ended = true;
        _intake.Stop();
    }

    private async ValueTask CloseAsync(string outcome)
    {
        if (_exchange.IsClosed) return;
        Settle();
        _exchange.Outcome = outcome;
        if (outcome == AuditOutcomes.Completed) _exchange.DeliveredCharacters = _exchange.ProducedCharacters;
        var recorded = await _services.Audit.CloseAsync(_exchange);
        if (!recorded && Policy.OnAuditFault == FaultAction.Block) throw new UnrecordedException();
    }
}
