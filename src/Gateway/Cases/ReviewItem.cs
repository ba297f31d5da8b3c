using Gateway.Audit.Records;
using Gateway.Inspection.Policies;

namespace Gateway.Cases;

/// <summary>An exchange that waits for a reviewer.</summary>
/// <param name="Exchange">Its id.</param>
/// <param name="Kind">Why it is here: <c>blocked</c>, <c>low-margin</c>, <c>sampled</c> or <c>complaint</c>.</param>
/// <param name="Time">When it was opened.</param>
/// <param name="Due">When it is to be reviewed.</param>
/// <param name="Risks">What was found in it.</param>
/// <param name="RequestAction">What was done about the prompt.</param>
/// <param name="ResponseAction">What was done about the answer.</param>
internal sealed record ReviewItem(string Exchange, string Kind, DateTimeOffset Time, DateTimeOffset Due, IReadOnlyList<string> Risks, string? RequestAction, string? ResponseAction)
{
    private const string Classifier = "classifier";

    /// <summary>Core values (A.1) are judged by two people.</summary>
    public int Needed => Risks.Any(risk => Taxonomy.Default.TryGetRisk(risk, out var known) && known.Group == "a1-core-values") ? 2 : 1;

    /// <summary>Why a record belongs into the queue; <see langword="null"/> when it does not.</summary>
    /// <param name="record">The record.</param>
    /// <param name="thresholds">The thresholds of a label under the policy that decided.</param>
    /// <param name="margin">How near to the threshold for blocking a score must be.</param>
    public static string? KindOf(ExchangeRecord record, Func<string, Thresholds> thresholds, float margin)
    {
        var (request, response) = (record.Opening?.Request, record.Response);
        if (request?.Action == "block" || response?.Action == "block") return "blocked";
        if (IsNear(request, thresholds, margin) || IsNear(response, thresholds, margin)) return "low-margin";
        var isAllowed = request is null or { Action: "allow" } && response is null or { Action: "allow" };
        return isAllowed && (request?.Text is not null || response?.Text is not null) ? "sampled" : null;
    }

    private static bool IsNear(DirectionRecord? direction, Func<string, Thresholds> thresholds, float margin) => direction is not null && direction.Detections.Any(
        detection => detection.Detector == Classifier && Math.Abs(detection.Score - thresholds(detection.Rule[(detection.Rule.LastIndexOf('/') + 1)..]).Block) <= margin);
}
