using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// Rooms 6 and 7 for streams: shows the text of channels to the detectors and lets policy decide. It says what is to be
/// done; <see cref="StreamGuard"/> does it.
/// </summary>
internal sealed class ChannelJudge(Exchange exchange, GuardServices services)
{
    private const int MostHeld = 16 * 1024; // invisible characters inside a term could stretch the hold without end
    private const int MostRemembered = 1024;

    private readonly DetectionList _scratch = new();
    private readonly Dictionary<(ulong Hash, int Length), Verdict> _complete = [];

    private Policy Policy => exchange.Policy;

    private Inspector Inspector => exchange.Epoch.Inspector;

    private bool HasClassifier => Inspector.HasDeliberate;

    /// <summary>Detections of the last call that are to be masked, positions in the channel (or text).</summary>
    public List<Detection> Masks { get; } = [];

    /// <summary>Shows new text to the immediate detectors; what they cannot vouch for yet stays held.</summary>
    /// <returns>True when the stream must end here.</returns>
    public async ValueTask<bool> PassAsync(StreamChannel channel, bool isFinal, CancellationToken cancellationToken)
    {
        Masks.Clear();
        if (isFinal) channel.End();
        var half = channel.Half;
        if (!isFinal && channel.Passed + half == channel.Total) return false;
        var context = Inspector.ImmediateContext * (channel.MayHoldEscapes ? EscapedWindow.EscapeLength : 1);
        var window = channel.Window(channel.Passed, context, isFinal, out var windowStart) with { PatternsHeld = Policy.PatternsHeld };
        var known = channel.Immediate.Count;
        int held;
        try
        {
            _scratch.Clear();
            held = await Inspector.DetectImmediateAsync(window, _scratch, cancellationToken);
            channel.AddImmediate(_scratch, (int)windowStart);
            if (channel.MayHoldEscapes) held = Math.Max(held, await PassUnescapedAsync(channel, window, (int)windowStart, cancellationToken));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ForgiveOrThrow(fault, "immediate");
            held = 0;
        }

        if (held > MostHeld) throw new InvalidOperationException($"A channel may hold back at most {MostHeld} characters.");
        services.Metrics.Held(held);
        channel.Passed = channel.Total - half - held;
        if (channel.Immediate.Count == known) return false;
        TakeMasks(channel.Immediate, known);
        Consider(Union(channel), DecisionPoint.MidStream);
        return Policy.Decide(Union(channel), DecisionPoint.MidStream).Action == GuardAction.Block;
    }

    /// <summary>Asks the classifier about a channel: the part that waits, in context, or the whole.</summary>
    /// <returns>True when the stream must end here.</returns>
    public async ValueTask<bool> ClassifyAsync(StreamChannel channel, DecisionPoint point, CancellationToken cancellationToken)
    {
        if (HasClassifier && !(point == DecisionPoint.Whole && channel.IsSeenWhole))
        {
            var window = point == DecisionPoint.Whole
                ? channel.Window(0, 0, true, out var windowStart)
                : channel.Window(channel.Judged, Inspector.DeliberateContext, false, out windowStart);
            _scratch.Clear();
            try
            {
                await Inspector.DetectDeliberateAsync(window, _scratch, cancellationToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                ForgiveOrThrow(fault, "classifier");
            }

            channel.Deliberate.Clear();
            channel.Deliberate.AddRange(_scratch, (int)windowStart);
            channel.IsSeenWhole = point == DecisionPoint.Whole;
            Show(_scratch.Aside, Union(channel), point);
        }

        Consider(Union(channel), point);
        channel.Verdict = Policy.Decide(Union(channel), point);
        channel.Judged = channel.Total;
        if (point == DecisionPoint.Whole) Remember(channel.TextHash, channel.Total, channel.Verdict);
        return channel.Verdict.Action == GuardAction.Block;
    }

    /// <summary>Judges a text that is complete in its event: the final telling of what came in pieces, or what never comes in pieces.</summary>
    /// <returns>The verdict, and whether it is news: a text that was judged in pieces is not counted again.</returns>
    public async ValueTask<(Verdict Verdict, bool IsNew)> JudgeCompleteAsync(ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        Masks.Clear();
        var key = (PathHashes.MixText(PathHashes.Seed, text.Span), text.Length);
        if (_complete.TryGetValue(key, out var known))
        {
            Masks.AddRange(known.Masks);
            return (known, false);
        }

        try
        {
            await DetectWholeAsync(text, cancellationToken);
            if (HasClassifier && Policy.Decide(_scratch).Action != GuardAction.Block)
            {
                await Inspector.DetectDeliberateAsync(TextWindow.Whole(text, TextSide.Response), _scratch, cancellationToken);
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ForgiveOrThrow(fault, "whole");
        }

        Show(_scratch.Aside, _scratch, DecisionPoint.Whole);
        Consider(_scratch, DecisionPoint.Whole);
        var verdict = Policy.Decide(_scratch);
        Masks.AddRange(verdict.Masks);
        Remember(key.Item1, key.Length, verdict);
        return (verdict, true);
    }

    /// <summary>Judges a text by the immediate detectors alone: names of properties, watched fields, comments.</summary>
    public async ValueTask<Verdict> JudgeBriefAsync(ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        try
        {
            await DetectWholeAsync(text, cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ForgiveOrThrow(fault, "immediate");
        }

        return _scratch.Count == 0 ? Verdict.Clean : Policy.Decide(_scratch, DecisionPoint.MidStream);
    }

    /// <summary>Lets the policy to come decide about the same findings.</summary>
    private void Consider(DetectionList found, DecisionPoint point)
    {
        if (exchange.Epoch.Candidate is null) return;
        exchange.Response.Candidate ??= exchange.Candidate;
        exchange.Response.Consider(found, point, TextSide.Response, isWatched: false);
    }

    /// <summary>The shadow model looks at the same text.</summary>
    private void Show(IReadOnlyList<Task<Detection[]?>> answers, DetectionList found, DecisionPoint point)
    {
        if (answers.Count == 0) return;
        exchange.Response.Shadow ??= exchange.ShadowOf(TextSide.Response);
        exchange.Response.Shadow?.Add(answers, found, point);
    }

    /// <summary>The verdict on a channel as far as it has come.</summary>
    public Verdict VerdictSoFar(StreamChannel channel) => Policy.Decide(Union(channel), DecisionPoint.MidStream);

    private ValueTask DetectWholeAsync(ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        _scratch.Clear();
        return WholeText.DetectAsync(Inspector, text, TextSide.Response, _scratch, cancellationToken);
    }

    /// <summary>The same window with its escapes undone; findings and hold are those of the original characters.</summary>
    private async ValueTask<int> PassUnescapedAsync(StreamChannel channel, TextWindow window, int windowStart, CancellationToken cancellationToken)
    {
        if (!EscapedWindow.TryDecode(window.Text.Span, window.IsFinal, out var decoded, out var unfinished)) return unfinished;
        var fresh = Array.FindIndex(decoded.Origins, origin => origin >= window.Fresh);
        var hints = Array.FindIndex(decoded.Origins, origin => origin >= window.HintsHeldFrom);
        var view = new TextWindow(decoded.Text, Math.Min(fresh, decoded.Text.Length), window.IsFinal && unfinished == 0, TextSide.Response)
        {
            HintsHeldFrom = hints < 0 ? int.MaxValue : hints,
            PatternsHeld = window.PatternsHeld,
        };
        _scratch.Clear();
        var held = await Inspector.DetectImmediateAsync(view, _scratch, cancellationToken);
        var moved = new DetectionList();
        for (var i = 0; i < _scratch.Count; i++)
        {
            var (start, end) = (decoded.Origins[_scratch[i].Start], decoded.Origins[_scratch[i].End]);
            moved.Add(_scratch[i] with { Start = start, Length = end - start });
        }

        channel.AddImmediate(moved, windowStart);
        return window.Text.Length - decoded.Origins[decoded.Text.Length - held];
    }

    private void TakeMasks(DetectionList found, int from)
    {
        for (var i = from; i < found.Count; i++)
        {
            if (Policy.Masks(found[i])) Masks.Add(found[i]);
        }
    }

    private void Remember(ulong hash, long length, Verdict verdict)
    {
        if (_complete.Count < MostRemembered) _complete[(hash, (int)length)] = verdict;
    }

    private static DetectionList Union(StreamChannel channel)
    {
        if (channel.Deliberate.Count == 0) return channel.Immediate;
        var union = new DetectionList();
        union.AddRange(channel.Immediate);
        union.AddRange(channel.Deliberate);
        return union;
    }

    private void ForgiveOrThrow(Exception fault, string where)
    {
        if (Policy.Mode == EnforcementMode.Enforce && Policy.OnFault == FaultAction.Block)
        {
            throw new InvalidOperationException($"The {where} detectors failed.", fault);
        }

        services.Report(fault, where, exchange);
        exchange.Response.Fail(FaultAction.Allow, fault.GetType().Name);
    }
}
