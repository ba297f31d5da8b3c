using System.Text;
using Gateway.Protocols;
using Microsoft.Net.Http.Headers;

namespace Gateway.Proxy;

/// <summary>
/// Finds the texts of a form (<c>multipart/form-data</c>). Reads only what has one meaning: parts that begin and end where
/// every reader sees it, with a name, and UTF-8. Files are recorded as unjudged where the shape says that the field is one.
/// </summary>
internal static class FormScanner
{
    private const int MostParts = 256;

    /// <summary>The boundary of a form, or <see langword="null"/> when a content type names none.</summary>
    public static string? Boundary(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)) return null;
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        return boundary is { Length: > 0 and <= 70 } ? boundary : null;
    }

    /// <summary>Scans a form.</summary>
    /// <returns>What is wrong with it, or <see langword="null"/>.</returns>
    public static GatewayError? Scan(ReadOnlySpan<byte> body, string boundary, JsonShape shape, ScannedJson result)
    {
        result.Reset();
        var delimiter = Encoding.Latin1.GetBytes($"\r\n--{boundary}");
        if (!body.StartsWith(delimiter.AsSpan(2))) return Bad("It does not begin with its boundary.");
        var position = delimiter.Length - 2;
        for (var parts = 0; ; parts++)
        {
            var rest = body[position..];
            if (rest.StartsWith("--"u8)) return rest[2..].Trim("\r\n"u8).IsEmpty ? Missing(shape, result) : Bad("Something follows its end.");
            if (parts == MostParts) return GatewayError.TooLarge("too_many_fields", $"The form has more than {MostParts} parts.");
            if (!rest.StartsWith("\r\n"u8)) return Bad("A boundary is not on a line of its own.");
            position += 2;
            var end = body[position..].IndexOf(delimiter);
            if (end < 0) return Bad("Its last boundary is missing.");

            // Some readers take a boundary after any kind of line end, some anywhere.
            if (body.Slice(position, end).IndexOf(delimiter.AsSpan(2)) >= 0) return Bad("Its boundary stands inside a part.");
            if (TakePart(body.Slice(position, end), position, shape, result) is { } error) return error;
            position += end + delimiter.Length;
        }
    }

    private static GatewayError? TakePart(ReadOnlySpan<byte> part, int position, JsonShape shape, ScannedJson result)
    {
        var blank = part.IndexOf("\r\n\r\n"u8);
        if (blank < 0) return Bad("A part has no headers.");
        if (!TryReadHeaders(part[..blank], out var name, out var fileName)) return Bad("A part's headers are not those of a plain field or file.");
        var value = part[(blank + 4)..];
        var isList = name.EndsWith("[]", StringComparison.Ordinal);
        var node = shape.Root.Find(Encoding.UTF8.GetBytes(isList ? name[..^2] : name));
        if (isList) node = node?.Items ?? node;
        if (fileName is not null)
        {
            if (node?.Rule != FieldRule.Media) return Bad("A file came where none is expected.");
            JsonTextScanner.AddText(Encoding.UTF8.GetBytes(fileName), ShapeNode.Unknown, TextField.NoToken, result);
            if (EncodedFile.IsText(value)) JsonTextScanner.AddText(value, ShapeNode.Unknown, TextField.NoToken, result);
            result.Unjudged.Add(new UnjudgedField("media", node.Line.MediaKind ?? "file", value.Length, TextField.NoToken));
            return null;
        }

        if (!System.Text.Unicode.Utf8.IsValid(value)) return GatewayError.BadRequest("invalid_utf8", "A field of the form is not valid UTF-8.");
        if (node is null) JsonTextScanner.AddText(Encoding.UTF8.GetBytes(name), ShapeNode.Unknown, TextField.NoToken, result);
        if (node?.Capture == FieldCapture.Stream) result.IsStream = value.SequenceEqual("true"u8);
        if (node?.Rule == FieldRule.Structural && value.Length <= JsonTextScanner.StructuralBytes && value.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0)
        {
            if (node.Capture != FieldCapture.None) result.Capture(node.Capture, position + blank + 4, value.Length);
            result.AddIdentifier(value, -1, TextField.NoToken);
            return null;
        }

        JsonTextScanner.AddText(value, node ?? ShapeNode.Unknown, TextField.NoToken, result);
        return null;
    }

    private static bool TryReadHeaders(ReadOnlySpan<byte> headers, out string name, out string? fileName)
    {
        name = "";
        fileName = null;
        if (!System.Text.Unicode.Utf8.IsValid(headers)) return false;
        foreach (var line in Encoding.UTF8.GetString(headers).Split("\r\n"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan().ContainsAny('\r', '\n')) return false;
            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].ToLowerInvariant())
            {
                case "content-disposition":
                    if (name.Length > 0 || !ContentDispositionHeaderValue.TryParse(value, out var disposition)) return false;
                    if (!disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase)) return false;
                    // The extended form of a file name is read by some and not by others.
                    if (disposition.FileNameStar.HasValue || disposition.Parameters.Any(parameter => parameter.Name is not { Value: "name" or "filename" })) return false;
                    if (disposition.Parameters.DistinctBy(parameter => parameter.Name.Value).Count() < disposition.Parameters.Count) return false;
                    name = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
                    fileName = HeaderUtilities.RemoveQuotes(disposition.FileName).Value;
                    break;
                case "content-type":
                    if (!DeclaredCharset.IsUtf8(value)) return false;
                    break;
                case "content-length":
                    break;
                default:
                    return false;
            }
        }

        return name.Length > 0 && name != "_charset_";
    }

    private static GatewayError? Missing(JsonShape shape, ScannedJson result) =>
        shape.GroupName.Length > 0 && result.Fields.Count + result.Unjudged.Count == 0 ? Bad("It is empty.") : null;

    private static GatewayError Bad(string what) => GatewayError.BadRequest("invalid_form", $"The form cannot be read in one way only. {what}");
}
