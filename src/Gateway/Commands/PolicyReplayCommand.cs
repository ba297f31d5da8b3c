using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.Audit.Search;
using Gateway.Configuration;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Proxy;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway policy replay</c>: what another policy would have done with texts of a file, or with kept evidence. Each text is
/// detected in once; both policies decide about the same findings.
/// </summary>
internal sealed class PolicyReplayCommand(Epoch epoch, Policy other, bool asJson, TextWriter output, TextWriter error)
{
    private int _same;
    private int _stricter;
    private int _laxer;
    private int _unreadable;

    /// <summary>Judges lines <c>{"text","side"}</c> under <paramref name="against"/> and the other policy.</summary>
    public async Task<int> RunLinesAsync(TextReader lines, Policy against, CancellationToken cancellationToken)
    {
        var number = 0;
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (line.Length == 0) continue;
            if (!CheckCommand.TryParse(line, out var text, out var side))
            {
                _unreadable++;
                await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"gateway: line {number} is no object with text and side."));
                continue;
            }

            var found = await TextJudge.DetectAsync(epoch.Inspector, text, side, cancellationToken);
            Compare(string.Create(CultureInfo.InvariantCulture, $"line {number}"), side, against.Decide(found, side: side).Action, other.Decide(found, side: side));
        }

        return Finish(_unreadable > 0 ? PolicyExit.Unreadable : PolicyExit.Good);
    }

    /// <summary>Judges kept evidence under the policy that decided then, with the findings of now, and the other one.</summary>
    public async Task<int> RunRecordsAsync(RecordPlaces places, RecordFilter filter, string? reason, CancellationToken cancellationToken)
    {
        await new RecordCommands(places, output, error).BreakGlassAsync(reason, null, cancellationToken);
        await foreach (var item in places.Search().AllAsync(filter, cancellationToken))
        {
            var record = item.Record;
            if (record.Opening is not { } open) continue;
            foreach (var (direction, side, recorded, text) in ReplayCommand.Directions(record))
            {
                if (text is null || recorded is null) continue;
                if (places.Open(record.Id, direction, text) is not { } fields || text.Truncated == true)
                {
                    _unreadable++;
                    continue;
                }

                var (then, now) = (GuardAction.Allow, Verdict.Clean);
                var known = epoch.Book.TryGet(open.Policy ?? EpochSource.DefaultPolicy, out var policy);
                foreach (var field in fields)
                {
                    var found = await TextJudge.DetectAsync(epoch.Inspector, field.Text, side, cancellationToken);
                    if (known && policy!.Decide(found, side: side).Action is var action && action > then) then = action;
                    if (other.Decide(found, side: side) is var verdict && verdict.Action >= now.Action) now = verdict;
                }

                // A policy that is gone is stood for by what was recorded.
                if (!known && Enum.TryParse(recorded.Action, ignoreCase: true, out GuardAction stored)) then = stored;
                Compare($"{record.Id} {direction}", side, then, now);
            }
        }

        return Finish(PolicyExit.Good);
    }

    private void Compare(string what, TextSide side, GuardAction was, Verdict verdict)
    {
        if (was == verdict.Action)
        {
            _same++;
            return;
        }

        if (verdict.Action > was) _stricter++;
        else _laxer++;
        var sideName = side == TextSide.Prompt ? "prompt" : "response";
        if (asJson)
        {
            LexiconOutput.Write(output, new JsonObject
            {
                ["item"] = what,
                ["side"] = sideName,
                ["was"] = Exchange.NameOf(was),
                ["now"] = Exchange.NameOf(verdict.Action),
                ["risks"] = LexiconOutput.Words(verdict.Risks),
            });
        }
        else output.WriteLine($"{what} ({sideName}): {Exchange.NameOf(was)} → {Exchange.NameOf(verdict.Action)}{(verdict.Risks.Count == 0 ? "" : "  " + string.Join(", ", verdict.Risks))}");
    }

    private int Finish(int otherwise)
    {
        var differ = _stricter + _laxer;
        if (asJson)
        {
            LexiconOutput.Write(output, new JsonObject { ["policy"] = other.Name, ["same"] = _same, ["stricter"] = _stricter, ["laxer"] = _laxer, ["unreadable"] = _unreadable });
        }
        else
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"under {other.Name}: {_same} the same, {differ} differ ({_stricter} stricter, {_laxer} laxer), {_unreadable} unreadable"));
        }

        return otherwise != PolicyExit.Good ? otherwise : differ > 0 ? PolicyExit.Bad : PolicyExit.Good;
    }
}
