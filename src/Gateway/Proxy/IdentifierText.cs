using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;

namespace Gateway.Proxy;

/// <summary>
/// Identifiers and constants are no text for people, and bytes that pass all the same: the keyword matcher reads them, the classifier does not. A short
/// term inside a random identifier is chance; one that stands alone there, or a long one, is not.
/// </summary>
internal static class IdentifierText
{
    private const int ShortTerm = 6;

    /// <summary>Judges one.</summary>
    /// <returns>A block with what was found; else nothing.</returns>
    public static async ValueTask<Verdict> JudgeAsync(Inspector inspector, Policy policy, ReadOnlyMemory<char> text, TextSide side, DetectionList scratch, CancellationToken cancellationToken)
    {
        scratch.Clear();
        await inspector.DetectImmediateAsync(TextWindow.Whole(text, side), scratch, cancellationToken);
        if (scratch.Count == 0) return Verdict.Clean;

        // Patterns of personal data are digits, which identifiers have too.
        var verdict = policy.Decide(Counted(text.Span, scratch, withPatterns: false), DecisionPoint.Whole, side);
        return verdict.Action == GuardAction.Block ? verdict : Verdict.Clean;
    }

    /// <summary>What counts of that which was found in an identifier.</summary>
    public static DetectionList Counted(ReadOnlySpan<char> text, DetectionList found, bool withPatterns)
    {
        var counted = new DetectionList();
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i].Tier is null ? withPatterns : found[i].Length >= ShortTerm || StandsAlone(text, found[i])) counted.Add(found[i]);
        }

        return counted;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, in Detection found) =>
        (found.Start == 0 || !char.IsAsciiLetterOrDigit(text[found.Start - 1])) && (found.End == text.Length || !char.IsAsciiLetterOrDigit(text[found.End]));
}
