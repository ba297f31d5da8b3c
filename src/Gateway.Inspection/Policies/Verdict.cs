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

    /// <summary>The distinct risks of the findings, in order of first appearance.</summary>
    public IReadOnlyList<string> Risks => [.. Detections.Select(detection => detection.Risk).Distinct(StringComparer.Ordinal)];
}
