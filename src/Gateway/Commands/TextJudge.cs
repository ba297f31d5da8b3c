using Gateway.Inspection.Detectors;
using Gateway.Inspection.Text;

namespace Gateway.Commands;

/// <summary>Collects everything the detectors find in a kept text, so that several policies can decide about it.</summary>
internal static class TextJudge
{
    public static async Task<DetectionList> DetectAsync(Inspector inspector, string text, TextSide side, CancellationToken cancellationToken)
    {
        var found = new DetectionList();
        if (text.Length == 0) return found;
        await inspector.DetectImmediateAsync(TextWindow.Whole(text.AsMemory(), side), found, cancellationToken);
        if (EscapedText.TryDecode(text, out var decoded)) await inspector.DetectImmediateAsync(TextWindow.Whole(decoded.AsMemory(), side), found, cancellationToken);
        if (inspector.HasDeliberate) await inspector.DetectDeliberateAsync(TextWindow.Whole(text.AsMemory(), side), found, cancellationToken);
        return found;
    }
}
