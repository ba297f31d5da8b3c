using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>Room 8 for masks: replaces characters inside string tokens and touches no other byte.</summary>
internal static class MaskedText
{
    /// <summary>What stands in the place of masked characters: <c>[masked:api-key]</c>.</summary>
    public static byte[] Replacement(in Detection detection) => Encoding.ASCII.GetBytes($"[masked:{detection.Rule}]");

    /// <summary>Masks a finding in a channel. The first string that holds part of it gets the replacement.</summary>
    /// <returns>True when a part of it is not here any more.</returns>
    public static bool Apply(StreamBuffer buffer, IEnumerable<StreamPiece> pieces, in Detection mask)
    {
        var replacement = Replacement(mask);
        long covered = mask.Start;
        foreach (var piece in pieces)
        {
            if (piece.Start > covered || piece.TokenStart < 0) return true;
            Replace(buffer, piece.TokenStart, piece.TokenLength, (int)(covered - piece.Start), (int)(Math.Min(mask.End, piece.End) - piece.Start), replacement);
            covered = Math.Min(mask.End, piece.End);
            replacement = [];
        }

        return covered < mask.End;
    }

    /// <summary>Takes the numbers out of lists of bytes that spell a finding.</summary>
    /// <returns>True when a part of it is not here any more.</returns>
    public static bool Empty(StreamBuffer buffer, IEnumerable<StreamPiece> pieces)
    {
        foreach (var piece in pieces)
        {
            if (piece.TokenStart < 0) return true;
            buffer.Replace(new StreamEdit(piece.TokenStart, piece.TokenStart + piece.TokenLength, ReadOnlyMemory<byte>.Empty));
        }

        return false;
    }

    /// <summary>Masks a finding in a text that is complete in the event at hand.</summary>
    public static void Apply(StreamBuffer buffer, ScannedJson scanned, in TextField field, in Detection mask, Func<int, long> positionOf)
    {
        var replacement = Replacement(mask);
        foreach (var (segment, start, end) in Segments(scanned, field, mask))
        {
            Replace(buffer, positionOf(segment.TokenStart + 1), segment.TokenLength, start, end, replacement);
            replacement = [];
        }
    }

    /// <summary>Masks findings in a body that came whole.</summary>
    /// <param name="json">The body.</param>
    /// <param name="scanned">What was found in it.</param>
    /// <param name="masks">The findings, by the ordinal of their text.</param>
    public static byte[] Apply(ReadOnlyMemory<byte> json, ScannedJson scanned, IReadOnlyList<(int Field, Detection Mask)> masks)
    {
        var edits = new SortedDictionary<int, (int End, byte[] Replacement)>();
        var groups = new HashSet<int>();
        foreach (var (ordinal, mask) in masks)
        {
            var field = scanned.Fields[ordinal];
            groups.Add(field.Group);
            var replacement = Replacement(mask);
            if (field.TokenStart == TextField.NoToken)
            {
                // The text is the whole body, which is no JSON.
                var text = scanned.TextOf(field).Span;
                edits[Encoding.UTF8.GetByteCount(text[..mask.Start])] = (Encoding.UTF8.GetByteCount(text[..mask.End]), replacement);
                continue;
            }

            foreach (var (segment, start, end) in Segments(scanned, field, mask))
            {
                var (from, to) = JsonStringBytes.RangeOf(json.Span.Slice(segment.TokenStart + 1, segment.TokenLength), start, end);
                edits[segment.TokenStart + 1 + from] = (segment.TokenStart + 1 + to, replacement);
                replacement = [];
            }
        }

        foreach (var span in scanned.Spans)
        {
            // A second telling of the text, in which it is not masked.
            if (span.Capture == FieldCapture.Logprobs && groups.Contains(span.Group)) edits[span.Start] = (span.End, span.IsArray ? "[]"u8.ToArray() : "null"u8.ToArray());
        }

        using var output = new MemoryStream(json.Length);
        var position = 0;
        foreach (var (start, (end, replacement)) in edits)
        {
            if (start < position) continue;
            output.Write(json.Span[position..start]);
            output.Write(replacement);
            position = end;
        }

        output.Write(json.Span[position..]);
        return output.ToArray();
    }

    private static void Replace(StreamBuffer buffer, long tokenStart, int tokenLength, int start, int end, byte[] replacement)
    {
        var (from, to) = JsonStringBytes.RangeOf(buffer.At(tokenStart, tokenLength), start, end);
        buffer.Replace(new StreamEdit(tokenStart + from, tokenStart + to, replacement));
    }

    /// <summary>The string tokens that hold a finding, with the characters of each.</summary>
    private static IEnumerable<(TextSegment Segment, int Start, int End)> Segments(ScannedJson scanned, TextField field, Detection mask)
    {
        var (from, to) = (field.Start + mask.Start, field.Start + mask.End);
        foreach (var segment in scanned.Segments)
        {
            if (segment.Start < to && segment.Start + segment.Length > from)
            {
                yield return (segment, Math.Max(0, from - segment.Start), Math.Min(segment.Length, to - segment.Start));
            }
        }
    }
}
