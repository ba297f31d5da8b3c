using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;
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
            judgement.AddUnjudged(new UnjudgedPart("media", JsonPath.Of(json.Span, unread.TokenStart), unread.Kind, unread.Bytes));
        }

        // 1. Immediate detectors over everything: microseconds, and most blocks are decided here.
        var fields = scanned.Fields;
        List<DetectionList?>? found = null;
        var scratch = new DetectionList();
        for (var i = 0; i < fields.Count; i++)
        {
            await epoch.Inspector.DetectImmediateAsync(TextWindow.Whole(scanned.TextOf(fields[i]), side), scratch, cancellationToken);
            if (EscapedText.TryDecode(scanned.TextOf(fields[i]).Span, out var decoded))
            {
                await epoch.Inspector.DetectImmediateAsync(TextWindow.Whole(decoded.AsMemory(), side), scratch, cancellationToken);
            }

            judgement.JudgedCharacters += fields[i].Length;
            judgement.JudgedFields++;
            if (scratch.Count == 0) continue;
            found ??= [.. new DetectionList?[fields.Count]];
            found[i] = scratch;
            scratch = new DetectionList();
        }

        if (found is not null) Decide(scanned, json, found, policy, judgement, final: !epoch.Inspector.HasDeliberate);
        if (!epoch.Inspector.HasDeliberate || judgement.Action == GuardAction.Block) return;

        // 2. The classifier, several fields at a time so that it can batch them. Names of properties and watched
        // fields are not sentences; the keyword matcher has read them.
        var waiting = new List<(int Field, DetectionList List, Task Task)>();
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].IsName || fields[i].Rule == FieldRule.Watch) continue;
            var list = found?[i] ?? new DetectionList();
            var pending = epoch.Inspector.DetectDeliberateAsync(TextWindow.Whole(scanned.TextOf(fields[i]), side), list, cancellationToken);
            found ??= [.. new DetectionList?[fields.Count]];
            found[i] = list;
            if (pending.IsCompletedSuccessfully) continue;
            waiting.Add((i, list, pending.AsTask()));
            if (waiting.Count < ClassifiedAtOnce) continue;
            await Task.WhenAll(waiting.Select(item => item.Task));
            waiting.Clear();
        }

        if (waiting.Count > 0) await Task.WhenAll(waiting.Select(item => item.Task));
        if (found is not null) Decide(scanned, json, found, policy, judgement, final: true);
    }

    private static void Decide(
        ScannedJson scanned, ReadOnlyMemory<byte> json, List<DetectionList?> found, Policy policy, Judgement judgement, bool final)
    {
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i] is not { Count: > 0 } list) continue;
            var field = scanned.Fields[i];
            var verdict = policy.Decide(list);
            if (verdict.Detections.Count == 0) continue;
            var blocks = verdict.Action == GuardAction.Block && field.Rule == FieldRule.Text;
            // Before the classifier has spoken only a block is certain; everything else is decided with it.
            if (!final && !blocks) continue;
            var path = JsonPath.Of(json.Span, field.TokenStart);
            judgement.FlaggedFields.Add(i);
            if (field.Rule == FieldRule.Watch) judgement.AddWatched(verdict, path);
            else judgement.Add(verdict, path);
            if (!blocks) continue;
            if (field.Group >= 0) judgement.BlockedGroups.Add(field.Group);
            else judgement.IsWholeBlocked = true;
        }
    }
}
