using System.Buffers;
using System.Text;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// Judges a stream while it flows. The proxy's copy loop pulls released bytes from <see cref="NextAsync"/>; this class
/// pulls events from the model server, feeds their text to the detectors channel by channel, and lets an event leave when
/// every character in it has been vouched for. Events leave whole, unchanged and in order; see DESIGN.md, "Streaming".
/// </summary>
internal sealed class StreamGuard : IDisposable
{
    private const int HoldCharacters = 120;
    private const int TailCharacters = 200;
    private const int KeptCharacters = 4096;
    private const int MostChannels = 1024;
    private const int MostHeld = 16 * 1024; // invisible characters inside a term could stretch the hold without end
    private static readonly TimeSpan HoldTime = TimeSpan.FromMilliseconds(250);

    private readonly Exchange _exchange;
    private readonly Stream _upstream;
    private readonly GuardServices _services;
    private readonly CancellationTokenSource _reading;
    private readonly SseFraming _framing = new();
    private readonly ScannedJson _scanned = new();
    private readonly Dictionary<(int Choice, int Part, ulong Path), StreamChannel> _channels = [];
    private readonly SortedDictionary<int, long> _choices = []; // choice → frame that finished it, or MaxValue
    private readonly Queue<(long Frame, int Length, int LabelAt, int Characters)> _frames = new();
    private readonly DetectionList _scratch = new();
    private readonly ArrayBufferWriter<byte> _output = new();

    // One buffer: [_released, _framed) waits to leave, [_framed, _filled) is not yet a whole event.
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private byte[] _joined = [];
    private int _released;
    private int _framed;
    private int _filled;
    private long _frame;
    private long _received;
    private long _deliveredFrame;
    private Task<int>? _read;
    private AnswerFacts? _facts;
    private bool _labelled;
    private bool _hasTerminator;
    private bool _upstreamEnded;
    private bool _ended;
    private bool _judgeLate;
    private bool _settled;
    private bool _disposed;

    public StreamGuard(Exchange exchange, Stream upstream, GuardServices services)
    {
        _exchange = exchange;
        _upstream = upstream;
        _services = services;
        _reading = CancellationTokenSource.CreateLinkedTokenSource(services.Cut);
    }

    private Policy Policy => _exchange.Policy;

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
            return await AdvanceAsync(cancellationToken);
        }
        catch (StreamCutException)
        {
            return _output.WrittenMemory;
        }
        catch (UnrecordedException)
        {
            // The end may not be announced: the journal does not know of it.
            _output.ResetWrittenCount();
            _exchange.Protocol.WriteStreamError(_output, GatewayError.Unrecorded);
            End();
            return _output.WrittenMemory;
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
                if (_judgeLate) await JudgeWaitingAsync(cancellationToken);
                while (!_ended && _framing.TryRead(Pending(), _upstreamEnded, out var length))
                {
                    await TakeFrameAsync(length, cancellationToken);
                    if (_ended) return _output.WrittenMemory;
                }

                // 2. The end: whatever is held has been judged, because nothing can follow.
                if (_upstreamEnded) return await EndAsync(cancellationToken);

                // 3. Let go of what is vouched for.
                var block = await ReleaseAsync(cancellationToken);
                if (block.Length > 0) return block;

                // 4. Wait for more, but not longer than text may be held.
                _exchange.Spent(mark);
                await FillAsync(cancellationToken);
                mark = _exchange.Mark();
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
            _services.Report(fault, "stream");
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
        foreach (var (key, channel) in _channels.OrderBy(pair => pair.Key.Choice).ThenBy(pair => pair.Key.Part))
        {
            Judgement.JudgedCharacters += HasClassifier && Policy.Stream != StreamMode.Follow ? Math.Max(channel.Judged, channel.Passed) : channel.Passed;
            Judgement.JudgedFields++;
            if (!channel.IsFinished) channel.Verdict = Policy.Decide(Union(channel), DecisionPoint.MidStream);
            Judgement.Add(channel.Verdict, FieldName(key.Choice, channel));
            _exchange.ResponseText.Add(FieldName(key.Choice, channel), channel.Whole.ToString(), channel.Verdict.Detections.Count > 0);
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _reading.Cancel();
        _upstream.Dispose();
        // A read may still be writing into the buffer: then it is left to the garbage collector.
        if (_read is null or { IsCompleted: true }) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _reading.Dispose();
    }

    private ReadOnlySpan<byte> Pending() => _buffer.AsSpan(_framed, _filled - _framed);

    // Events ---------------------------------------------------------------------------------------------------------

    private async ValueTask TakeFrameAsync(int length, CancellationToken cancellationToken)
    {
        var start = _framed;
        var frame = ++_frame;
        var producedBefore = _exchange.ProducedCharacters;
        if (_hasTerminator && _framing.Data.Count > 0)
        {
            // No data may follow the terminator: the record is closed there.
            _upstreamEnded = true;
            _filled = _framed;
            return;
        }

        foreach (var (at, size) in _framing.Other) await JudgeLineAsync(start + at, size, cancellationToken);

        var labelAt = -1;
        if (_framing.Data.Count > 0)
        {
            var data = Data(start);
            if (_exchange.Protocol.IsTerminator(data.Span))
            {
                _hasTerminator = true;
                await FinishChannelsAsync(null, cancellationToken);
            }
            else
            {
                labelAt = await TakeDataAsync(data, start, frame, cancellationToken);
            }
        }

        _framed += length;
        _frames.Enqueue((frame, length, labelAt, (int)(_exchange.ProducedCharacters - producedBefore)));
    }

    private ReadOnlyMemory<byte> Data(int start)
    {
        if (_framing.Data.Count == 1) return _buffer.AsMemory(start + _framing.Data[0].Start, _framing.Data[0].Length);
        var length = _framing.Data.Sum(line => line.Length + 1) - 1;
        if (_joined.Length < length) _joined = new byte[length];
        var position = 0;
        foreach (var (at, size) in _framing.Data)
        {
            if (position > 0) _joined[position++] = (byte)'\n';
            _buffer.AsSpan(start + at, size).CopyTo(_joined.AsSpan(position));
            position += size;
        }

        return _joined.AsMemory(0, length);
    }

    private async ValueTask<int> TakeDataAsync(ReadOnlyMemory<byte> data, int start, long frame, CancellationToken cancellationToken)
    {
        var limits = _services.Limits;
        if (!System.Text.Unicode.Utf8.IsValid(data.Span)) return await UninspectableAsync("event is not UTF-8", cancellationToken);
        JsonTextScanner.Scan(data.Span, _exchange.Protocol.StreamEvent, limits.JsonDepth, limits.TextFields, _scanned, severalValues: true);
        if (_scanned.Fault != ScanFault.None) return await UninspectableAsync("event is not JSON", cancellationToken);

        _facts ??= Facts(data.Span);
        _exchange.Usage = UsageReader.Read(data.Span) ?? _exchange.Usage;
        foreach (var part in _scanned.Unjudged) Judgement.AddUnjudged(new UnjudgedPart("media", null, part.Kind, part.Bytes));
        foreach (var group in _scanned.Groups)
        {
            if (!_choices.TryGetValue(group.Index, out var finished) || finished == long.MaxValue)
            {
                _choices[group.Index] = group.IsFinished ? frame : long.MaxValue;
            }
        }

        foreach (var field in _scanned.Fields) await TakeTextAsync(field, frame, cancellationToken);

        var finishes = false;
        foreach (var group in _scanned.Groups)
        {
            if (!group.IsFinished) continue;
            finishes = true;
            await FinishChannelsAsync(group.Index, cancellationToken);
        }

        if (!finishes) return -1;
        var (at, size) = _framing.Data[^1];
        var brace = AnswerLabels.ClosingBrace(_buffer.AsSpan(start + at, size));
        return brace < 0 ? -1 : at + brace;
    }

    private AnswerFacts Facts(ReadOnlySpan<byte> data)
    {
        _ = System.Buffers.Text.Utf8Parser.TryParse(_scanned.Captured(FieldCapture.Created, data), out long created, out _);
        return new AnswerFacts(
            _scanned.CapturedString(FieldCapture.Id, data) ?? _exchange.Id,
            _scanned.CapturedString(FieldCapture.Model, data) ?? _exchange.Model ?? "unknown",
            created);
    }

    // Judging --------------------------------------------------------------------------------------------------------

    private async ValueTask TakeTextAsync(TextField field, long frame, CancellationToken cancellationToken)
    {
        // Names of unknown properties and watched fields come whole in every event: judged, never held.
        if (field.IsName || field.Rule == FieldRule.Watch)
        {
            await JudgeWholeAsync(_scanned.TextOf(field), field.Rule == FieldRule.Watch, cancellationToken);
            return;
        }

        var choice = field.Group < 0 ? -1 : _scanned.Groups[field.Group].Index;
        var part = field.Sub < 0 ? -1 : _scanned.SubIndexes[field.Sub];
        var key = (choice, part, field.PathHash);
        if (!_channels.TryGetValue(key, out var channel))
        {
            if (_channels.Count == MostChannels) throw new InvalidOperationException($"A stream may have at most {MostChannels} channels.");
            _channels[key] = channel = new StreamChannel(choice, part >= 0);
        }

        channel.Append(_scanned.TextOf(field).Span, frame);
        _exchange.ProducedCharacters += field.Length;
        await PassAsync(channel, isFinal: false, cancellationToken);

        if (HasClassifier && Policy.Stream != StreamMode.Tail)
        {
            if (channel.Judged == channel.Total - field.Length) channel.WaitingSince = _services.Clock.GetTimestamp();
            if (channel.Total - channel.Judged >= HoldCharacters || channel.EndsSentence(field.Length))
            {
                if (Policy.Stream == StreamMode.Hold) await ClassifyAsync(channel, DecisionPoint.MidStream, cancellationToken);
                else _judgeLate = true;
            }
        }

        channel.Vouch(MayLeave(channel));
        if (Policy.Stream == StreamMode.Hold || !HasClassifier) channel.Trim(MayLeave(channel) - KeptCharacters);
    }

    /// <summary>How much of a channel may leave, by stream mode.</summary>
    private long MayLeave(StreamChannel channel)
    {
        if (!HasClassifier) return channel.Passed;
        return Policy.Stream switch
        {
            StreamMode.Hold => Math.Min(channel.Passed, channel.Judged),
            StreamMode.Tail when channel.IsFinished => channel.Passed,
            StreamMode.Tail when channel.IsToolCall => 0,
            StreamMode.Tail => Math.Min(channel.Passed, channel.Total - TailCharacters),
            _ => channel.Passed,
        };
    }

    /// <summary>Shows new text to the immediate detectors; what they cannot vouch for yet stays held.</summary>
    private async ValueTask PassAsync(StreamChannel channel, bool isFinal, CancellationToken cancellationToken)
    {
        var window = channel.Window(channel.Passed, _exchange.Epoch.Inspector.ImmediateContext, isFinal, out var windowStart);
        _scratch.Clear();
        int held;
        try
        {
            held = await _exchange.Epoch.Inspector.DetectImmediateAsync(window, _scratch, cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ForgiveOrThrow(fault, "immediate");
            held = 0;
        }

        if (held > MostHeld) throw new InvalidOperationException($"A channel may hold back at most {MostHeld} characters.");
        _services.Metrics.Held(held);
        if (_scratch.Count > 0)
        {
            channel.Immediate.AddRange(_scratch, (int)windowStart);
            if (Policy.Decide(Union(channel), DecisionPoint.MidStream).Action == GuardAction.Block) await CutAsync(channel, cancellationToken);
        }

        channel.Passed = channel.Total - held;
    }

    /// <summary>
    /// Judges a complete channel once more with its escapes undone. Half of it has left by then, but the end has not, and no
    /// client acts on a tool call before its end.
    /// </summary>
    private async ValueTask RescanAsync(StreamChannel channel, CancellationToken cancellationToken)
    {
        if (!EscapedText.TryDecode(channel.Window(0, 0, true, out _).Text.Span, out var decoded)) return;
        _scratch.Clear();
        await _exchange.Epoch.Inspector.DetectImmediateAsync(TextWindow.Whole(decoded.AsMemory(), TextSide.Response), _scratch, cancellationToken);
        if (_scratch.Count == 0) return;
        channel.Immediate.AddRange(_scratch);
        if (Policy.Decide(Union(channel), DecisionPoint.MidStream).Action == GuardAction.Block) await CutAsync(channel, cancellationToken);
    }

    /// <summary>Asks the classifier about a channel: the part that waits, in context, or the whole.</summary>
    private async ValueTask ClassifyAsync(StreamChannel channel, DecisionPoint point, CancellationToken cancellationToken)
    {
        if (!HasClassifier)
        {
            channel.Verdict = Policy.Decide(channel.Immediate, point);
            channel.Judged = channel.Total;
            return;
        }

        var window = point == DecisionPoint.Whole
            ? channel.Window(0, 0, true, out var windowStart)
            : channel.Window(channel.Judged, _exchange.Epoch.Inspector.DeliberateContext, false, out windowStart);
        _scratch.Clear();
        try
        {
            await _exchange.Epoch.Inspector.DetectDeliberateAsync(window, _scratch, cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ForgiveOrThrow(fault, "classifier");
        }

        channel.Deliberate.Clear();
        channel.Deliberate.AddRange(_scratch, (int)windowStart);
        channel.Verdict = Policy.Decide(Union(channel), point);
        if (channel.Verdict.Action == GuardAction.Block) await CutAsync(channel, cancellationToken);
        channel.Judged = channel.Total;
    }

    private static DetectionList Union(StreamChannel channel)
    {
        if (channel.Deliberate.Count == 0) return channel.Immediate;
        var union = new DetectionList();
        union.AddRange(channel.Immediate);
        union.AddRange(channel.Deliberate);
        return union;
    }

    /// <summary>The text of one choice (or of all) is complete: nothing is held back for what may follow any more.</summary>
    private async ValueTask FinishChannelsAsync(int? choice, CancellationToken cancellationToken)
    {
        foreach (var channel in _channels.Values)
        {
            if (channel.IsFinished || (choice is not null && channel.Choice != choice)) continue;
            await PassAsync(channel, isFinal: true, cancellationToken);
            await RescanAsync(channel, cancellationToken);
            await ClassifyAsync(channel, DecisionPoint.Whole, cancellationToken);
            channel.IsFinished = true;
            channel.Vouch(channel.Total);
        }
    }

    private async ValueTask JudgeWaitingAsync(CancellationToken cancellationToken)
    {
        _judgeLate = false;
        foreach (var channel in _channels.Values)
        {
            if (channel.Judged == channel.Total) continue;
            await ClassifyAsync(channel, DecisionPoint.MidStream, cancellationToken);
            channel.Vouch(MayLeave(channel));
        }
    }

    /// <summary>Comments, event names and ids: no client shows them, but they are bytes that leave.</summary>
    private async ValueTask JudgeLineAsync(int start, int length, CancellationToken cancellationToken) =>
        await JudgeWholeAsync(Encoding.UTF8.GetString(_buffer, start, length).AsMemory(), isWatched: false, cancellationToken);

    private async ValueTask JudgeWholeAsync(ReadOnlyMemory<char> text, bool isWatched, CancellationToken cancellationToken)
    {
        _scratch.Clear();
        await _exchange.Epoch.Inspector.DetectImmediateAsync(TextWindow.Whole(text, TextSide.Response), _scratch, cancellationToken);
        Judgement.JudgedCharacters += text.Length;
        if (_scratch.Count == 0) return;
        var verdict = Policy.Decide(_scratch, DecisionPoint.MidStream);
        if (isWatched)
        {
            Judgement.AddWatched(verdict, "event");
            return;
        }

        Judgement.Add(verdict, "event");
        if (verdict.Action == GuardAction.Block) await CutAsync(null, cancellationToken);
    }

    private void ForgiveOrThrow(Exception fault, string where)
    {
        if (Enforces && Policy.OnFault == FaultAction.Block) throw new InvalidOperationException($"The {where} detectors failed.", fault);
        _services.Report(fault, where);
        Judgement.Fail(FaultAction.Allow, fault.GetType().Name);
    }

    private async ValueTask<int> UninspectableAsync(string why, CancellationToken cancellationToken)
    {
        Judgement.AddUnjudged(new UnjudgedPart("uninspectable", null, why, 0));
        if (!Enforces || Policy.OnUninspectable == FaultAction.Allow) return -1;
        Judgement.Fail(FaultAction.Block, why);
        await BreakOffAsync(GatewayError.AnswerUnjudgeable, AuditOutcomes.Failed);
        throw new StreamCutException();
    }

    // Releasing ------------------------------------------------------------------------------------------------------

    /// <summary>Moves everything that may leave out of the hold.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReleaseAsync(CancellationToken cancellationToken)
    {
        if (_frames.Count == 0) return default;
        var limit = FirstHeldFrame();
        // The terminator waits for the record: nothing tells a client "complete" before the journal knows.
        if (_hasTerminator && limit == long.MaxValue) await CloseAsync(AuditOutcomes.Completed);
        return Take(limit);
    }

    private long FirstHeldFrame()
    {
        if (!Enforces) return long.MaxValue;
        var limit = long.MaxValue;
        foreach (var channel in _channels.Values) limit = Math.Min(limit, channel.FirstHeldFrame);
        return limit;
    }

    private ReadOnlyMemory<byte> Take(long limit)
    {
        var from = _released;
        var copied = false;
        while (_frames.TryPeek(out var frame) && frame.Frame < limit)
        {
            _frames.Dequeue();
            _deliveredFrame = frame.Frame;
            if (!_exchange.IsClosed) _exchange.DeliveredCharacters += frame.Characters;
            if (frame.LabelAt >= 0 && !_labelled)
            {
                _labelled = true;
                var members = Members();
                if (members.Length > 0)
                {
                    if (!copied) _output.ResetWrittenCount();
                    copied = true;
                    _output.Write(_buffer.AsSpan(from, _released - from + frame.LabelAt));
                    _output.Write(members.Span);
                    from = _released + frame.LabelAt;
                }
            }

            _released += frame.Length;
        }

        if (!copied) return _buffer.AsMemory(from, _released - from);
        _output.Write(_buffer.AsSpan(from, _released - from));
        return _output.WrittenMemory;
    }

    private ReadOnlyMemory<byte> Members()
    {
        // The label is written into the first chunk that finishes a choice; what has been found up to there decides.
        var found = new Judgement();
        foreach (var channel in _channels.Values) found.Add(channel.Verdict, "");
        return AnswerLabels.Members(_exchange, found, _services.Producer);
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_read is null)
        {
            MakeRoom();
            using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _reading);
            var pending = _upstream.ReadAsync(_buffer.AsMemory(_filled), _reading.Token);
            if (pending.IsCompletedSuccessfully)
            {
                Filled(pending.Result);
                return;
            }

            _read = pending.AsTask();
            if (await WaitAsync(_read, cancellationToken)) return;
        }
        else
        {
            using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _reading);
            if (await WaitAsync(_read, cancellationToken)) return;
        }

        // Nothing came in time: what is held is judged as it stands.
        await JudgeWaitingAsync(cancellationToken);
    }

    /// <summary>Waits for the pending read.</summary>
    /// <returns>False when held text has waited long enough.</returns>
    private async ValueTask<bool> WaitAsync(Task<int> read, CancellationToken cancellationToken)
    {
        if (!read.IsCompleted && HasClassifier && Policy.Stream == StreamMode.Hold && OldestWaiting() is { } since)
        {
            var left = HoldTime - _services.Clock.GetElapsedTime(since);
            if (left <= TimeSpan.Zero) return false;
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var first = await Task.WhenAny(read, Task.Delay(left, _services.Clock, enough.Token));
            await enough.CancelAsync();
            if (first != read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return false;
            }
        }

        _read = null;
        Filled(await read);
        return true;
    }

    private long? OldestWaiting()
    {
        long? oldest = null;
        foreach (var channel in _channels.Values)
        {
            if (channel.Judged < channel.Total && (oldest is null || channel.WaitingSince < oldest)) oldest = channel.WaitingSince;
        }

        return oldest;
    }

    private void Filled(int count)
    {
        _upstreamEnded = count == 0;
        _filled += count;
        _received += count;
        if (_received > _services.Limits.ResponseBytes || _filled - _framed > _services.Limits.EventBytes)
        {
            throw new InvalidOperationException("The stream, or one event of it, is larger than the limit.");
        }
    }

    private void MakeRoom()
    {
        if (_released > 0)
        {
            _buffer.AsSpan(_released, _filled - _released).CopyTo(_buffer);
            _framed -= _released;
            _filled -= _released;
            _released = 0;
        }

        if (_buffer.Length - _filled >= 2048) return;
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    // Endings --------------------------------------------------------------------------------------------------------

    private async ValueTask<ReadOnlyMemory<byte>> EndAsync(CancellationToken cancellationToken)
    {
        await FinishChannelsAsync(null, cancellationToken);
        if (_hasTerminator || _choices.Count == 0 || _choices.Values.All(finished => finished != long.MaxValue))
        {
            await CloseAsync(AuditOutcomes.Completed);
            var rest = Take(long.MaxValue);
            _ended = true;
            return rest;
        }

        // The connection ended in good order, the answer did not: no server that lives leaves a choice unfinished.
        _exchange.Fault ??= "incomplete";
        return await EndBrokenAsync(cancellationToken);
    }

    private async ValueTask<ReadOnlyMemory<byte>> UpstreamDiedAsync(Exception fault, CancellationToken cancellationToken)
    {
        _exchange.Fault ??= fault is HttpIOException http ? http.HttpRequestError.ToString() : fault.GetType().Name;
        try
        {
            // Half an event is dropped; whole ones are judged before they leave.
            await FinishChannelsAsync(null, cancellationToken);
            return await EndBrokenAsync(cancellationToken);
        }
        catch (Exception second) when (second is not (OperationCanceledException or StreamCutException or UnrecordedException))
        {
            _services.Report(second, "stream");
            Judgement.Fail(FaultAction.Block, second.GetType().Name);
            return await BreakOffAsync(GatewayError.Unjudgeable, AuditOutcomes.Failed);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> EndBrokenAsync(CancellationToken cancellationToken)
    {
        var rest = Take(long.MaxValue).ToArray();
        await CloseAsync(AuditOutcomes.UpstreamError);
        _output.ResetWrittenCount();
        _output.Write(rest);
        _exchange.Protocol.WriteStreamError(_output, GatewayError.UpstreamFailed);
        _ended = true;
        return _output.WrittenMemory;
    }

    /// <summary>Ends the stream because of what it says. Always throws; the bytes to send are in the output.</summary>
    private async ValueTask CutAsync(StreamChannel? culprit, CancellationToken cancellationToken)
    {
        if (culprit is not null) culprit.Verdict = Policy.Decide(Union(culprit), DecisionPoint.MidStream) is { Action: GuardAction.Block } verdict
            ? verdict
            : culprit.Verdict;
        if (!Enforces) return;

        // What was free to leave before this event still does, whatever reads it came in.
        var rest = Take(FirstHeldFrame()).ToArray();
        if (culprit is not null) culprit.IsFinished = true; // its verdict stands
        await CloseAsync(AuditOutcomes.Blocked);

        _output.ResetWrittenCount();
        _output.Write(rest);
        var open = _choices.Where(choice => choice.Value > _deliveredFrame).Select(choice => choice.Key).Where(choice => choice >= 0).ToArray();
        if (_choices.Count == 0) open = [0];
        var members = _labelled ? default : AnswerLabels.Members(_exchange, new Judgement(), _services.Producer);
        _exchange.Protocol.WriteCut(_output, _facts ?? new AnswerFacts(_exchange.Id, _exchange.Model ?? "unknown", 0), open, members.Span);
        End();
        throw new StreamCutException();
    }

    /// <summary>Ends the stream because it cannot go on.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> BreakOffAsync(GatewayError error, string outcome)
    {
        await CloseAsync(outcome);
        _output.ResetWrittenCount();
        _exchange.Protocol.WriteStreamError(_output, error);
        End();
        return _output.WrittenMemory;
    }

    private void End()
    {
        _ended = true;
        // Nobody will read on: the model server may stop generating.
        _reading.Cancel();
        _upstream.Dispose();
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

    private static string FieldName(int choice, StreamChannel channel) =>
        channel.Choice < 0 ? "event" : channel.IsToolCall ? $"choices[{choice}].tool_calls" : $"choices[{choice}]";
}
