using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// Rooms 6 and 7 for bodies that are there as a whole: every text field goes through the immediate detectors, then,
/// unless something already blocks, through the classifier.
/// </summary>
internal static class FieldJudge
{
    // Enough to fill batches, few enough that one long conversation cannot take the classifier's whole queue.
    private const int ClassifiedAtOnce = 32;

    /// <summary>Judges the texts of a body.</summary>
    /// <exception cref="Exception">What a detector threw; the caller lets policy decide.</exception>
    public static async ValueTask JudgeAsync(
        ScannedJson scanned, ReadOnlyMemory<byte> json, TextSide side, Epoch epoch, Policy policy, Judgement judgement, CancellationToken cancellationToken)
    {
        foreach (var unread in scanned.Unjudged)
        {
            judgement.AddUnjudged(new UnjudgedPart(unread.Reason, JsonPath.Of(json.Span, unread.TokenStart), unread.Kind, unread.Bytes));
        }

        // 1. Immediate detectors over everything: microseconds, and most blocks are decided here.
        var fields = scanned.Fields;
        List<DetectionList?>? found = null;
        var scratch = new DetectionList();
        foreach (var identifier in scanned.Identifiers)
        {
            var verdict = await IdentifierText.JudgeAsync(epoch.Inspector, policy, scanned.TextOf(identifier), side, scratch, cancellationToken);
            if (verdict.Action != GuardAction.Block) continue;
            judgement.Add(verdict, JsonPath.Of(json.Span, identifier.TokenStart));
            judgement.Block(identifier.Group);
            judgement.HidesNames = true;
        }

        scratch.Clear();
        for (var i = 0; i < fields.Count; i++)
        {
            await WholeText.DetectAsync(epoch.Inspector, scanned.TextOf(fields[i]), side, scratch, cancellationToken);
            if (fields[i] is { IsJoined: true, Node.Line.IsPart: true }) await WholeText.DetectPartsAsync(epoch.Inspector, scanned, fields[i], side, scratch, cancellationToken);
            judgement.JudgedCharacters += fields[i].Length;
            judgement.JudgedFields++;
            if (scratch.Count == 0) continue;
            found ??= [.. new DetectionList?[fields.Count]];
            found[i] = scratch;
            scratch = new DetectionList();
        }

        if (found is not null) Decide(scanned, json, found, side, policy, judgement, final: !epoch.Inspector.HasDeliberate);
        if (!epoch.Inspector.HasDeliberate || judgement.Action == GuardAction.Block)
        {
            judgement.IsCandidatePartial = epoch.Inspector.HasDeliberate;
            return;
        }

        // 2. The classifier, several fields at a time so that it can batch them. Names of properties and watched
        // fields are not sentences; the keyword matcher has read them.
        var waiting = new List<Task>();
        try
        {
            for (var i = 0; i < fields.Count; i++)
            {
                if (fields[i].IsName || fields[i].Rule == FieldRule.Watch) continue;
                var list = found?[i] ?? new DetectionList();
                var pending = epoch.Inspector.DetectDeliberateAsync(TextWindow.Whole(scanned.TextOf(fields[i]), side), list, cancellationToken);
                found ??= [.. new DetectionList?[fields.Count]];
                found[i] = list;
                if (pending.IsCompletedSuccessfully) continue;
                waiting.Add(pending.AsTask());
                if (waiting.Count < ClassifiedAtOnce) continue;
                await Task.WhenAll(waiting);
                waiting.Clear();
            }

            if (waiting.Count > 0) await Task.WhenAll(waiting);
        }
        finally
        {
            // 3. Decide, also where the classifier fails and policy lets that pass: what the others found labels, masks and blocks all the same.
            if (waiting.Count > 0) await Task.WhenAll(waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (found is not null) Decide(scanned, json, found, side, policy, judgement, final: true);
            if (found is not null && judgement.Shadow is { } shadow)
            {
                foreach (var list in found.OfType<DetectionList>()) shadow.Add(list.Aside, list, DecisionPoint.Whole);
            }
        }
    }

    private static void Decide(
        ScannedJson scanned, ReadOnlyMemory<byte> json, List<DetectionList?> found, TextSide side, Policy policy, Judgement judgement, bool final)
    {
        List<string>? names = null;
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i] is not { Count: > 0 } list) continue;
            var field = scanned.Fields[i];
            if (judgement.Candidate is not null) judgement.Consider(list, DecisionPoint.Whole, side, field.Rule == FieldRule.Watch);
            var verdict = policy.Decide(list, DecisionPoint.Whole, side);
            if (verdict.Detections.Count == 0) continue;
            if (field.IsName) (names ??= []).Add(scanned.TextOf(field).ToString());
            var isWatched = field.Rule == FieldRule.Watch && !policy.JudgesWatched;
            if (isWatched && verdict.Action >= GuardAction.Mask && scanned.IsInLogprobs(field.TokenStart))
            {
                // What the model might have said instead: nobody's text, but it goes with all of its kind.
                if (!final) continue;
                judgement.Add(verdict with { Action = GuardAction.Mask, IsLabelled = false }, JsonPath.Of(json.Span, field.TokenStart));
                judgement.Masks.Add((i, verdict.Detections[0]));
                continue;
            }

            // Where nothing can be masked, what policy masks may not pass either.
            if (verdict.Action == GuardAction.Mask && !isWatched && (field.IsName || field.IsDecoded)) verdict = verdict with { Action = GuardAction.Block };
            var blocks = verdict.Action == GuardAction.Block && !isWatched;
            // Before the classifier has spoken only a block is certain; everything else is decided with it.
            if (!final && !blocks) continue;
            var path = JsonPath.Of(json.Span, field.TokenStart);
            foreach (var name in names ?? []) path = path.Replace(name, "{name}", StringComparison.Ordinal); // records do not quote what they judge
            judgement.FlaggedFields.Add(i);
            if (isWatched) judgement.AddWatched(verdict, path);
            else judgement.Add(verdict, path);
            if (!isWatched && !field.IsName)
            {
                foreach (var mask in verdict.Masks) judgement.Masks.Add((i, mask));
            }

            if (!blocks) continue;
            judgement.Block(field.Group);
        }
    }
}
