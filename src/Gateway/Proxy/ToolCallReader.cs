using System.Text;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Finds the calls of tools in a body, or in an event whose texts are complete: a name, and what follows it as arguments.</summary>
internal static class ToolCallReader
{
    /// <summary>Adds the calls of a body.</summary>
    /// <param name="scanned">The body.</param>
    /// <param name="json">Its bytes.</param>
    /// <param name="isFlagged">Whether something was found in the text with an ordinal.</param>
    /// <param name="judgement">Takes the calls; one that it has already is not added again.</param>
    public static void Read(ScannedJson scanned, ReadOnlySpan<byte> json, Func<int, bool> isFlagged, Judgement judgement)
    {
        for (var i = 0; i < scanned.Fields.Count; i++)
        {
            if (scanned.Fields[i].Node.Capture != FieldCapture.ToolArguments || scanned.Fields[i].IsName || IsInside(scanned, scanned.Fields[i].TokenStart)) continue;
            judgement.AddToolCall(new ToolCall(NameBefore(scanned, scanned.Fields[i], isFlagged), scanned.TextOf(scanned.Fields[i]).ToString()));
        }

        foreach (var span in scanned.Spans)
        {
            if (span.Capture != FieldCapture.ToolArguments) continue;
            var place = new TextField(0, 0, ShapeNode.Unknown, 0, span.Group, span.Sub, span.Start, false);
            judgement.AddToolCall(new ToolCall(NameBefore(scanned, place, isFlagged), Encoding.UTF8.GetString(json[span.Start..span.End])));
        }
    }

    /// <summary>Part of an object of arguments, which is one value with it.</summary>
    private static bool IsInside(ScannedJson scanned, int tokenStart) =>
        scanned.Spans.Exists(span => span.Capture == FieldCapture.ToolArguments && span.Start < tokenStart && tokenStart < span.End);

    private static string? NameBefore(ScannedJson scanned, in TextField place, Func<int, bool> isFlagged)
    {
        for (var i = scanned.Fields.Count - 1; i >= 0; i--)
        {
            var field = scanned.Fields[i];
            if (field.Node.Capture != FieldCapture.ToolName || field.IsName || field.Group != place.Group || field.Sub != place.Sub || field.TokenStart > place.TokenStart) continue;
            return ToolCall.Quotable(scanned.TextOf(field).Span, isFlagged(i));
        }

        return null;
    }
}
