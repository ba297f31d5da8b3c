using Gateway.Inspection.Detectors;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Shows a text that is there as a whole to the immediate detectors, as it stands and with its escapes undone.</summary>
internal static class WholeText
{
    /// <summary>Adds what they find, with offsets in the text as it stands.</summary>
    public static async ValueTask DetectAsync(
        Inspector inspector, ReadOnlyMemory<char> text, TextSide side, DetectionList detections, CancellationToken cancellationToken)
    {
        await inspector.DetectImmediateAsync(TextWindow.Whole(text, side), detections, cancellationToken);
        if (!text.Span.Contains('\\') || !EscapedWindow.TryDecode(text.Span, true, out var decoded, out _)) return;
        var known = detections.Count;
        var found = new DetectionList();
        await inspector.DetectImmediateAsync(TextWindow.Whole(decoded.Text, side), found, cancellationToken);
        for (var i = 0; i < found.Count; i++)
        {
            var (start, end) = (decoded.Origins[found[i].Start], decoded.Origins[found[i].End]);
            var detection = found[i] with { Start = start, Length = end - start };
            if (!Holds(detections, known, detection)) detections.Add(detection);
        }
    }

    /// <summary>Adds what they find in the parts of a text that is joined: there words begin and end where the parts do.</summary>
    public static async ValueTask DetectPartsAsync(
        Inspector inspector, ScannedJson scanned, TextField field, TextSide side, DetectionList detections, CancellationToken cancellationToken)
    {
        var known = detections.Count;
        var found = new DetectionList();
        foreach (var (offset, text) in scanned.PartsOf(field))
        {
            found.Clear();
            await DetectAsync(inspector, text, side, found, cancellationToken);
            for (var i = 0; i < found.Count; i++)
            {
                var detection = found[i] with { Start = found[i].Start + offset };
                if (!Holds(detections, known, detection)) detections.Add(detection);
            }
        }
    }

    private static bool Holds(DetectionList detections, int count, in Detection detection)
    {
        for (var i = 0; i < count; i++)
        {
            if (detections[i].Start == detection.Start && detections[i].Rule == detection.Rule && (detection.LabelsOnly || !detections[i].LabelsOnly)) return true;
        }

        return false;
    }
}
