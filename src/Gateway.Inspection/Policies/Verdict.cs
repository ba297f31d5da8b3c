using Gateway.Inspection.Detectors;

namespace Gateway.Inspection.Policies;

/// <summary>What policy decided about one text or one direction of an exchange.</summary>
/// <param name="Action">The action.</param>
/// <param name="Detections">The findings it rests on or that are to be recorded, at most a few hundred.</param>
/// <param name="DetectionCount">Findings in all, including those not kept.</param>
public sealed record Verdict(GuardAction Action, IReadOnlyList<Detection> Detections, int DetectionCount)
{
    /// <summary>Nothing found.</summary>
    public static Verdict Clean { get; } = new(GuardAction.Allow, [], 0);

    /// <summary>The findings whose characters are to be replaced, in order of their place.</summary>
    public IReadOnlyList<Detection> Masks { get; init; } = [];

    /// <summary>Something calls for a label, whatever stricter action wins.</summary>
    public bool IsLabelled { get; init; }

    /// <summary>The distinct risks of the findings, in order of first appearance.</summary>
    public IReadOnlyList<string> Risks => [.. Detections.Select(detection => detection.Risk).Distinct(StringComparer.Ordinal)];
}
