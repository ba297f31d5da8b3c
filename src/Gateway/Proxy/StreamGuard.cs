using System.Buffers;
using System.Buffers.Text;
using System.Text;
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
    private const int HoldCharacters = 120;
    private const int TailCharacters = 200;
    private const int KeptCharacters = 4096;
    private const int MostChannels = 1024;
    private static readonly TimeSpan HoldTime = TimeSpan.FromMilliseconds(250);

    private readonly Exchange _exchange;
    private readonly Stream _upstream;
    private readonly StreamFraming _framing;
    private readonly GuardServices _services;
    private readonly ChannelJudge _judge;
    private readonly CancellationTokenSource _reading;
    private readonly StreamBuffer _buffer = new();
    private readonly StreamGroups _groups = new();
    private readonly ScannedJson _scanned = new();
    private readonly Dictionary<(int Group, int Part, ulong Path), StreamChannel> _channels = [];
    private readonly HashSet<int> _flagged = []; // ordinals of the current event's whole texts with findings
    private readonly HashSet<int> _masked = []; // groups whose log probabilities may no longer leave
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly StreamTextLabel? _notice;

    private byte[] _joined = [];
    private char[] _line = [];
    private long _frame;
    private long _received;
    private long _deliveredFrame;
    private int _deliveredEvents;
    private long _deliveredSequence = -1;
    private long _lastRelease;
    private long _lastEnd; // number of the last event that ended the text
    private Task<int>? _read;
    private (string? Id, string? Model, string? Created) _named;
    private bool _labelled;
    private bool _hasTerminator;
    private bool _upstreamEnded;
    private bool _ended;
    private bool _judgeLate;
    private bool _settled;
    private bool _disposed;

    public StreamGuard(Exchange exchange, Stream upstream, StreamFraming framing, GuardServices services)
    {
        _exchange = exchange;
        _upstream = upstream;
        _framing = framing;
        _services = services;
        _judge = new ChannelJudge(exchange, services);
        _reading = CancellationTokenSource.CreateLinkedTokenSource(services.Cut);
        _lastRelease = services.Clock.GetTimestamp();
        if (exchange.TextLabel is { IsOff: false } label) _notice = new StreamTextLabel(label, Shape.HasAnswers);
    }

    private Policy Policy => _exchange.Policy;

    private IProtocol Protocol => _exchange.Protocol;

    private JsonShape Shape => _exchange.Operation.StreamEvent!;

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
            Protocol.WriteStreamError(_output, GatewayError.Unrecorded, Standing());
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
                while (!_ended && _framing.TryRead(_buffer.Pending, _upstreamEnded, out var length))
                {
                    await TakeFrameAsync(length, cancellationToken);
                    if (_ended) return _output.WrittenMemory;
                }

                // 2. The end: whatever is held has been judged, because nothing can follow.
                if (_upstreamEnded) return await EndAsync(cancellationToken);

                // 3. Let go of what is vouched for.
                var block = await ReleaseAsync();
                if (block.Length > 0) return block;

                // 4. Wait for more, but not longer than text may be held, nor so long that the client gives up.
                _exchange.Spent(mark);
                var isSilent = !await FillAsync(cancellationToken);
                mark = _exchange.Mark();
                if (isSilent) return Heartbeat();
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
        foreach (var channel in _channels.Values.OrderBy(channel => channel.Group).ThenBy(channel => channel.Part))
        {
            Judgement.JudgedCharacters += HasClassifier && Policy.Stream != StreamMode.Follow ? Math.Max(channel.Judged, channel.Passed) : channel.Passed;
            Judgement.JudgedFields++;
            if (!channel.IsFinished) channel.Verdict = _judge.VerdictSoFar(channel);
            Judgement.Add(channel.Verdict, FieldName(channel));
            _exchange.ResponseText.Add(FieldName(channel), channel.Whole.ToString(), channel.Verdict.Detections.Count > 0);
        }

        foreach (var call in _channels.Values.Where(channel => channel.Role == FieldCapture.ToolArguments))
        {
            var name = _channels.Values.FirstOrDefault(channel => channel.Role == FieldCapture.ToolName && channel.Group == call.Group && channel.Part == call.Part);
            var quoted = name is null ? null : ToolCall.Quotable(name.Whole.ToString(), name.Verdict.Detections.Count > 0);
            Judgement.AddToolCall(new ToolCall(quoted, call.Whole.ToString()));
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _reading.Cancel();
        _upstream.Dispose();
        // A read may still be writing into the buffer: then it is left to the garbage collector.
        if (_read is null or { IsCompleted: true }) _buffer.Return();
        _reading.Dispose();
    }

    // Events ---------------------------------------------------------------------------------------------------------

    private async ValueTask TakeFrameAsync(int length, CancellationToken cancellationToken)
    {
        var frame = ++_frame;
        var producedBefore = _exchange.ProducedCharacters;
        var hasData = _framing.Data.Count > 0;
        var data = hasData ? Data() : default;
        var isTerminator = hasData && Protocol.IsTerminator(data.Span);
        if (_hasTerminator && hasData && !isTerminator)
        {
            // No data may follow the terminator: the record is closed there.
            _upstreamEnded = true;
            _buffer.DropPending();
            return;
        }

        foreach (var (at, size) in _framing.Other) await JudgeLineAsync(_buffer.Slice(at, size), cancellationToken);

        var labelAt = -1;
        if (isTerminator)
        {
            _hasTerminator = true;
            await FinishChannelsAsync(null, null, cancellationToken);
        }
        else if (hasData)
        {
            labelAt = await TakeDataAsync(data, frame, cancellationToken);
        }

        var characters = (int)(_exchange.ProducedCharacters - producedBefore);
        _buffer.Add(new StreamFrame(frame, length, labelAt, characters, hasData, hasData && !isTerminator ? Sequence(data.Span) : -1));
    }

    private ReadOnlyMemory<byte> Data()
    {
        if (_framing.Data.Count == 1) return _buffer.Slice(_framing.Data[0].Start, _framing.Data[0].Length);
        var length = _framing.Data.Sum(line => line.Length + 1) - 1;
        if (_joined.Length < length) _joined = new byte[length];
        var position = 0;
        foreach (var (at, size) in _framing.Data)
        {
            if (position > 0) _joined[position++] = (byte)'\n';
            _buffer.Slice(at, size).CopyTo(_joined.AsMemory(position));
            position += size;
        }

        return _joined.AsMemory(0, length);
    }

    /// <summary>Position in the stream of an offset in the data of the current event.</summary>
    private long PositionOf(int offset)
    {
        foreach (var (at, size) in _framing.Data)
        {
            if (offset <= size) return _buffer.PendingStart + at + offset;
            offset -= size + 1;
        }

        return -1;
    }

    private async ValueTask<int> TakeDataAsync(ReadOnlyMemory<byte> data, long frame, CancellationToken cancellationToken)
    {
        var limits = _services.Limits;
        if (!Utf8.IsValid(data.Span)) return await UninspectableAsync("event is not UTF-8");
        JsonTextScanner.Scan(data.Span, Shape, limits.JsonDepth, limits.TextFields, _scanned, severalValues: true);
        if (_scanned.Fault != ScanFault.None) return await UninspectableAsync("event is not JSON");

        if (_exchange.ContentLabel?.Meet(data.Span) is { } change) _buffer.Replace(new StreamEdit(PositionOf(change.Start), PositionOf(change.End), change.Replacement));

        // 1. What the event is about.
        var (meaning, kind) = Read(data.Span);
        _exchange.Usage = UsageReader.Read(data.Span) ?? _exchange.Usage;
        foreach (var part in _scanned.Unjudged) Judgement.AddUnjudged(new UnjudgedPart(part.Reason, null, part.Kind, part.Bytes));
        foreach (var group in _scanned.Groups) _groups.See(group.Index, frame, group.IsFinished || meaning.HasFlag(EventMeaning.EndsGroup));

        // 2. Text that goes on, then whatever ends with this event, then texts that are complete: those tell again what came in pieces.
        var fields = _scanned.Fields;
        for (var i = 0; i < fields.Count; i++)
        {
            if (!fields[i].Node.Line.IsWhole) await TakeTextAsync(fields[i], kind, frame, cancellationToken);
        }

        await FinishAsync(meaning, frame, cancellationToken);
        var holdsCalls = false;
        _flagged.Clear();
        for (var i = 0; i < fields.Count; i++)
        {
            if (!fields[i].Node.Line.IsWhole) continue;
            holdsCalls |= fields[i].Node.Capture is FieldCapture.ToolName or FieldCapture.ToolArguments;
            if (await TakeWholeAsync(fields[i], cancellationToken)) _flagged.Add(i);
            _notice?.TakeWhole(_scanned, fields[i], GroupOf(fields[i].Group), data.Span, frame, PositionOf);
        }

        if (holdsCalls) ToolCallReader.Read(_scanned, data.Span, _flagged.Contains, Judgement);

        if (_masked.Count > 0) RemoveLogprobs();
        if (meaning.HasFlag(EventMeaning.EndsStream) || (Protocol.AnnouncesEnd && _scanned.Groups.Exists(group => group.IsFinished))) _hasTerminator = true;
        var ends = meaning.HasFlag(EventMeaning.EndsText) || _scanned.Groups.Exists(group => group.IsFinished);
        if (!ends) return -1;

        // 3. Labels go before the last brace of the event that ends the text.
        _lastEnd = frame;
        var (at, size) = _framing.Data[^1];
        var brace = AnswerLabels.ClosingBrace(_buffer.Slice(at, size).Span);
        if (brace < 0 || !_exchange.Operation.IsGenerated) return -1;
        _exchange.ContentLabel?.Expect();
        return at + brace;
    }

    private (EventMeaning Meaning, ulong Kind) Read(ReadOnlySpan<byte> data)
    {
        _named.Id ??= _scanned.CapturedString(FieldCapture.Id, data);
        _named.Model ??= _scanned.CapturedString(FieldCapture.Model, data);
        _named.Created ??= _scanned.CapturedString(FieldCapture.Created, data);
        var type = _scanned.Captured(FieldCapture.Type, data);
        return type.IsEmpty ? (EventMeaning.None, 0) : (Protocol.MeaningOf(type), PathHashes.Mix(PathHashes.Seed, type));
    }

    private long Sequence(ReadOnlySpan<byte> data) =>
        Utf8Parser.TryParse(_scanned.Captured(FieldCapture.Sequence, data), out long sequence, out _) ? sequence : -1;

    private async ValueTask FinishAsync(EventMeaning meaning, long frame, CancellationToken cancellationToken)
    {
        if (meaning.HasFlag(EventMeaning.EndsText))
        {
            _groups.EndAll(frame);
            await FinishChannelsAsync(null, null, cancellationToken);
            return;
        }

        foreach (var group in _scanned.Groups)
        {
            if (group.IsFinished || meaning.HasFlag(EventMeaning.EndsGroup)) await FinishChannelsAsync(group.Index, null, cancellationToken);
            else if (meaning.HasFlag(EventMeaning.EndsPart) && _scanned.SubIndexes.Count > 0)
            {
                await FinishChannelsAsync(group.Index, _scanned.SubIndexes[0], cancellationToken);
            }
        }
    }

    // Judging --------------------------------------------------------------------------------------------------------

    private async ValueTask TakeTextAsync(TextField field, ulong kind, long frame, CancellationToken cancellationToken)
    {
        // Names of unknown properties and watched fields come whole in every event: judged, never held.
        var isWatched = field.Rule == FieldRule.Watch;
        if (field.IsName || isWatched)
        {
            await JudgeBriefAsync(_scanned.TextOf(field), isWatched && !Policy.JudgesWatched, cancellationToken);
            return;
        }

        var channel = Channel(field, kind);
        foreach (var segment in _scanned.Segments)
        {
            if (segment.Start < field.Start || segment.Start >= field.Start + field.Length) continue;
            var text = _scanned.TextOf(field).Span.Slice(segment.Start - field.Start, segment.Length);
            channel.Append(text, frame, PositionOf(segment.TokenStart + 1), segment.TokenLength);
        }

        _notice?.Take(channel, _scanned, field, Data().Span, frame, PositionOf);
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

    private StreamChannel Channel(in TextField field, ulong kind)
    {
        var group = GroupOf(field.Group);
        var part = field.Sub < 0 ? -1 : _scanned.SubIndexes[field.Sub];
        var key = (group, part, field.Node.ChannelHash ?? field.PathHash ^ kind);
        if (_channels.TryGetValue(key, out var channel)) return channel;
        if (_channels.Count == MostChannels) throw new InvalidOperationException($"A stream may have at most {MostChannels} channels.");
        return _channels[key] = new StreamChannel(group, part, field.Node.Capture, HasClassifier ? 0 : long.MaxValue);
    }

    private int GroupOf(int ordinal) => ordinal < 0 ? -1 : _scanned.Groups[ordinal].Index;

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

    private async ValueTask PassAsync(StreamChannel channel, bool isFinal, CancellationToken cancellationToken)
    {
        if (await _judge.PassAsync(channel, isFinal, cancellationToken)) await CutAsync(channel);
        if (_judge.Masks.Count == 0 || !Enforces) return;
        _masked.Add(channel.Group);
        foreach (var mask in _judge.Masks)
        {
            var unmasked = MaskedText.Apply(_buffer, channel.Pieces(mask.Start, mask.End), mask);
            if (unmasked) throw new InvalidOperationException("A text that was to be masked has left already.");
        }
    }

    private async ValueTask ClassifyAsync(StreamChannel channel, DecisionPoint point, CancellationToken cancellationToken)
    {
        if (await _judge.ClassifyAsync(channel, point, cancellationToken)) await CutAsync(channel);
    }

    /// <summary>The text of one part or group (or of all) is complete: nothing is held back for what may follow any more.</summary>
    private async ValueTask FinishChannelsAsync(int? group, int? part, CancellationToken cancellationToken)
    {
        foreach (var channel in _channels.Values)
        {
            if (channel.IsFinished || (group is not null && channel.Group != group) || (part is not null && channel.Part != part)) continue;
            await PassAsync(channel, isFinal: true, cancellationToken);
            await ClassifyAsync(channel, DecisionPoint.Whole, cancellationToken);
            channel.IsFinished = true;
            channel.Vouch(channel.Total);
            _notice?.Finish(channel);
        }
    }

    /// <returns>True when something was found.</returns>
    private async ValueTask<bool> TakeWholeAsync(TextField field, CancellationToken cancellationToken)
    {
        var text = _scanned.TextOf(field);
        var isWatched = field.Rule == FieldRule.Watch;
        if (field.IsName || isWatched)
        {
            await JudgeBriefAsync(text, isWatched && !Policy.JudgesWatched, cancellationToken);
            return false;
        }

        var (verdict, isNew) = await _judge.JudgeCompleteAsync(text, cancellationToken);
        if (isNew)
        {
            Judgement.JudgedCharacters += text.Length;
            Judgement.JudgedFields++;
            _exchange.ProducedCharacters += text.Length;
            Judgement.Add(verdict, "event");
            _exchange.ResponseText.Add("event", text.ToString(), verdict.Detections.Count > 0);
        }

        if (verdict.Action == GuardAction.Block) await CutAsync(null);
        if (Enforces)
        {
            foreach (var mask in _judge.Masks)
            {
                _masked.Add(GroupOf(field.Group));
                MaskedText.Apply(_buffer, _scanned, field, mask, PositionOf);
            }
        }

        return verdict.Detections.Count > 0;
    }

    private void RemoveLogprobs()
    {
        foreach (var span in _scanned.Spans)
        {
            if (span.Capture != FieldCapture.Logprobs || !_masked.Contains(GroupOf(span.Group))) continue;
            _buffer.Replace(new StreamEdit(PositionOf(span.Start), PositionOf(span.End), span.IsArray ? "[]"u8.ToArray() : "null"u8.ToArray()));
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
    private async ValueTask JudgeLineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        if (_line.Length < line.Length) _line = new char[Math.Max(line.Length, 256)];
        await JudgeBriefAsync(_line.AsMemory(0, Encoding.UTF8.GetChars(line.Span, _line)), isWatched: false, cancellationToken);
    }

    private async ValueTask JudgeBriefAsync(ReadOnlyMemory<char> text, bool isWatched, CancellationToken cancellationToken)
    {
        var verdict = await _judge.JudgeBriefAsync(text, cancellationToken);
        Judgement.JudgedCharacters += text.Length;
        if (verdict.Detections.Count == 0) return;
        if (isWatched)
        {
            Judgement.AddWatched(verdict, "event");
            return;
        }

        Judgement.Add(verdict, "event");
        if (verdict.Action == GuardAction.Block) await CutAsync(null);
    }

    private async ValueTask<int> UninspectableAsync(string why)
    {
        Judgement.AddUnjudged(new UnjudgedPart("uninspectable", null, why, 0));
        if (!Enforces || Policy.OnUninspectable == FaultAction.Allow) return -1;
        Judgement.Fail(FaultAction.Block, why);
        await BreakOffAsync(GatewayError.AnswerUnjudgeable, AuditOutcomes.Failed);
        throw new StreamCutException();
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
        var from = _buffer.ReleasedEnd;
        while (_buffer.TryPeek(out var frame) && frame.Number < limit)
        {
            var start = _buffer.Dequeue();
            _deliveredFrame = frame.Number;
            if (frame.HasData) _deliveredEvents++;
            if (frame.Sequence >= 0) _deliveredSequence = frame.Sequence;
            _notice?.Place(_buffer, frame.Number);
            if (!_exchange.IsClosed) _exchange.DeliveredCharacters += frame.Characters;
            if (frame.LabelAt < 0 || _labelled) continue;
            _labelled = true;
            var members = Members();
            if (members.Length > 0) _buffer.Replace(new StreamEdit(start + frame.LabelAt, start + frame.LabelAt, members));
        }

        var bytes = _buffer.Release(from);
        if (bytes.Length > 0) _lastRelease = _services.Clock.GetTimestamp();
        return bytes;
    }

    private ReadOnlyMemory<byte> Members()
    {
        // The label is written into the event that ends the first text; what has been found up to there decides.
        var found = new Judgement();
        foreach (var channel in _channels.Values) found.Add(channel.Verdict, "");
        found.Include(Judgement);
        return AnswerLabels.Members(_exchange, found);
    }

    /// <summary>Reads more.</summary>
    /// <returns>False when nothing has come or left for so long that the client should hear something.</returns>
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _reading);
        if (_read is null)
        {
            var pending = _upstream.ReadAsync(_buffer.Room(), _reading.Token);
            if (pending.IsCompletedSuccessfully)
            {
                Filled(pending.Result);
                return true;
            }

            _read = pending.AsTask();
        }

        if (await WaitAsync(_read, cancellationToken)) return true;
        if (HeartbeatDue() <= TimeSpan.Zero) return false;

        // Nothing came in time: what is held is judged as it stands.
        await JudgeWaitingAsync(cancellationToken);
        return true;
    }

    /// <summary>Waits for the pending read.</summary>
    /// <returns>False when held text has waited long enough, or the client has.</returns>
    private async ValueTask<bool> WaitAsync(Task<int> read, CancellationToken cancellationToken)
    {
        if (!read.IsCompleted && HasClassifier && _buffer.IsHolding)
        {
            var left = HeartbeatDue();
            if (Policy.Stream == StreamMode.Hold && OldestWaiting() is { } since)
            {
                var hold = HoldTime - _services.Clock.GetElapsedTime(since);
                if (hold < left) left = hold;
            }

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

    /// <summary>Time until the client should hear something although text is held; never where the format knows no comments.</summary>
    private TimeSpan HeartbeatDue() => _framing.Format != StreamFormats.Events || !_buffer.IsHolding
        ? TimeSpan.MaxValue
        : TimeSpan.FromSeconds(_services.Limits.HeartbeatSeconds) - _services.Clock.GetElapsedTime(_lastRelease);

    private ReadOnlyMemory<byte> Heartbeat()
    {
        _lastRelease = _services.Clock.GetTimestamp();
        _output.ResetWrittenCount();
        _output.Write(": waiting\n\n"u8);
        return _output.WrittenMemory;
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
        _buffer.Filled(count);
        _received += count;
        if (_received > _services.Limits.ResponseBytes || _buffer.Pending.Length > _services.Limits.EventBytes)
        {
            throw new InvalidOperationException("The stream, or one event of it, is larger than the limit.");
        }
    }

    // Endings --------------------------------------------------------------------------------------------------------

    private async ValueTask<ReadOnlyMemory<byte>> EndAsync(CancellationToken cancellationToken)
    {
        await FinishChannelsAsync(null, null, cancellationToken);
        if (_hasTerminator || (!Protocol.AnnouncesEnd && _groups.AllEnded))
        {
            await CloseAsync(AuditOutcomes.Completed);
            var rest = Take(long.MaxValue);
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
            await FinishChannelsAsync(null, null, cancellationToken);
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
        var rest = Take(long.MaxValue).ToArray();
        await CloseAsync(AuditOutcomes.UpstreamError);
        _output.ResetWrittenCount();
        _output.Write(rest);
        Protocol.WriteStreamError(_output, GatewayError.UpstreamFailed, Standing());
        _ended = true;
        return _output.WrittenMemory;
    }

    /// <summary>Ends the stream because of what it says; throws, and the bytes to send are in the output. Monitoring, it does nothing.</summary>
    private async ValueTask CutAsync(StreamChannel? culprit)
    {
        if (culprit is not null) culprit.Verdict = _judge.VerdictSoFar(culprit) is { Action: GuardAction.Block } verdict ? verdict : culprit.Verdict;
        if (!Enforces) return;

        // What was free to leave before this event still does, whatever reads it came in.
        var limit = FirstHeldFrame();
        _notice?.End(limit);
        if (!_labelled) _exchange.ContentLabel?.Expect();
        var rest = Take(limit).ToArray();
        if (culprit is not null) culprit.IsFinished = true; // its verdict stands
        await CloseAsync(AuditOutcomes.Blocked);

        _output.ResetWrittenCount();
        _output.Write(rest);
        var members = _labelled ? default : AnswerLabels.Members(_exchange, new Judgement());
        Protocol.WriteCut(_output, Standing() with { Members = members });
        End();
        throw new StreamCutException();
    }

    /// <summary>Ends the stream because it cannot go on.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> BreakOffAsync(GatewayError error, string outcome)
    {
        await CloseAsync(outcome);
        _output.ResetWrittenCount();
        Protocol.WriteStreamError(_output, error, Standing());
        End();
        return _output.WrittenMemory;
    }

    private StreamEnd Standing()
    {
        var facts = _exchange.FactsOf(_named.Id, _named.Model, _named.Created, _framing.Format);
        return new StreamEnd(facts, _groups.Open(_deliveredFrame), _deliveredEvents, _deliveredSequence, default);
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

    private string FieldName(StreamChannel channel) => channel.Group < 0 ? "event"
        : channel.Part < 0 ? $"{Shape.GroupName}[{channel.Group}]"
        : $"{Shape.GroupName}[{channel.Group}].{Shape.PartName}";
}
