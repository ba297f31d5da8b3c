using System.Globalization;
using Gateway.Audit;
using Gateway.Audit.Records;
using Gateway.Audit.Search;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;
using Gateway.Proxy;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway audit replay</c>: judges stored evidence again with the lexicon, model and policy at hand and compares. Only
/// records that were decided by exactly these versions are compared: others say nothing about them.
/// </summary>
internal sealed class ReplayCommand(RecordPlaces places, EpochSource epochs, TextWriter output, TextWriter error)
{
    private readonly Epoch _epoch = epochs.Current;

    /// <summary>Replays.</summary>
    /// <returns>0 where every comparable record agrees, 1 where one differs.</returns>
    public async Task<int> RunAsync(RecordFilter filter, string? reason, CancellationToken cancellationToken)
    {
        await new RecordCommands(places, output, error).BreakGlassAsync(reason, null, cancellationToken);
        int same = 0, different = 0, otherVersions = 0, unreadable = 0;
        await foreach (var found in places.Search().AllAsync(filter, cancellationToken))
        {
            var record = found.Record;
            if (record.Opening is not { } open || !HasText(record)) continue;
            if (open.PolicyEpoch != _epoch.Id || !_epoch.Book.TryGet(open.Policy ?? EpochSource.DefaultPolicy, out var policy))
            {
                otherVersions++;
                continue;
            }

            var agrees = true;
            foreach (var (direction, side, recorded, text) in Directions(record))
            {
                if (text is null || recorded is null) continue;
                if (places.Open(record.Id, direction, text) is not { } fields || text.Truncated == true)
                {
                    unreadable++;
                    continue;
                }

                var action = await JudgeAsync(fields, side, policy, cancellationToken);
                if (action == recorded.Action) continue;
                agrees = false;
                await output.WriteLineAsync($"{record.Id} {direction}: recorded {recorded.Action}, now {action}");
            }

            if (agrees) same++;
            else different++;
        }

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{same} agree, {different} differ, {otherVersions} were decided by other versions than epoch {_epoch.Id}, {unreadable} directions cannot be read whole"));
        return different == 0 ? AuditExit.Good : AuditExit.Bad;
    }

    private static bool HasText(ExchangeRecord record) => record.Opening?.Request.Text is not null || record.Response?.Text is not null;

    /// <summary>What of a record can hold text.</summary>
    public static IEnumerable<(string Direction, TextSide Side, DirectionRecord? Recorded, SealedText? Text)> Directions(ExchangeRecord record)
    {
        yield return ("request", TextSide.Prompt, record.Opening?.Request, record.Opening?.Request.Text);
        yield return ("response", TextSide.Response, record.Response, record.Response?.Text);
    }

    /// <summary>Rooms 6 and 7 over kept fields: keywords first, then the classifier unless something blocks already.</summary>
    private async Task<string> JudgeAsync(IReadOnlyList<KeptField> fields, TextSide side, Policy policy, CancellationToken cancellationToken)
    {
        var strictest = GuardAction.Allow;
        var lists = new List<DetectionList>(fields.Count);
        foreach (var field in fields)
        {
            var list = new DetectionList();
            await _epoch.Inspector.DetectImmediateAsync(TextWindow.Whole(field.Text.AsMemory(), side), list, cancellationToken);
            if (EscapedText.TryDecode(field.Text, out var decoded)) await _epoch.Inspector.DetectImmediateAsync(TextWindow.Whole(decoded.AsMemory(), side), list, cancellationToken);
            lists.Add(list);
            strictest = Stricter(strictest, policy.Decide(list, side: side).Action);
        }

        if (strictest == GuardAction.Block || !_epoch.Inspector.HasDeliberate) return Exchange.NameOf(strictest);
        for (var index = 0; index < fields.Count; index++)
        {
            if (fields[index].Text.Length > 0) await _epoch.Inspector.DetectDeliberateAsync(TextWindow.Whole(fields[index].Text.AsMemory(), side), lists[index], cancellationToken);
            strictest = Stricter(strictest, policy.Decide(lists[index], side: side).Action);
        }

        return Exchange.NameOf(strictest);
    }

    private static GuardAction Stricter(GuardAction left, GuardAction right) => left > right ? left : right;
}
