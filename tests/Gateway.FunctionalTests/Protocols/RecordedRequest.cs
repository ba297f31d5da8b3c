using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.FunctionalTests.Protocols;

/// <summary>A request as an official client sent it: see tests/Gateway.FunctionalTests/transcripts/requests.</summary>
internal sealed partial class RecordedRequest
{
    private RecordedRequest(string path, string contentType, byte[] body) => (Path, ContentType, Body) = (path, contentType, body);

    public static string Folder { get; } = System.IO.Path.Combine(Repository.Root, "tests", "Gateway.FunctionalTests", "transcripts", "requests");

    /// <summary>Names of all that were recorded.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.http").Select(file => System.IO.Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    public string Path { get; }

    public string ContentType { get; }

    public byte[] Body { get; }

    public static RecordedRequest Load(string name)
    {
        var bytes = File.ReadAllBytes(System.IO.Path.Combine(Folder, name + ".http"));
        var end = bytes.AsSpan().IndexOf("\n\n"u8);
        var head = Encoding.ASCII.GetString(bytes, 0, end).Split('\n');
        const string Type = "content-type: ";
        return new RecordedRequest(head[0].Split(' ')[1], Array.Find(head, line => line.StartsWith(Type, StringComparison.Ordinal))![Type.Length..], bytes[(end + 2)..]);
    }

    /// <summary>The body once for each place that holds text, with more text behind what stands there.</summary>
    public IEnumerable<(string Place, byte[] Body)> Planted(string text)
    {
        var isForm = ContentType.StartsWith("multipart", StringComparison.Ordinal);
        foreach (var (place, end) in isForm ? FormPlaces() : JsonPlaces()) yield return (place, [.. Body[..end], .. Encoding.UTF8.GetBytes(text), .. Body[end..]]);
    }

    /// <summary>Every string, and where its closing quote is.</summary>
    private List<(string Place, int End)> JsonPlaces()
    {
        var places = new List<(string, int)>();
        var reader = new Utf8JsonReader(Body);
        var path = new Stack<(string Prefix, int Index)>();
        var name = "";
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = $"{path.Peek().Prefix}.{reader.GetString()}".TrimStart('.');
                    continue;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    path.Pop();
                    continue;
            }

            if (path.Count > 0 && path.Peek().Index >= 0)
            {
                var (prefix, index) = path.Pop();
                name = $"{prefix}[{index}]";
                path.Push((prefix, index + 1));
            }

            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) path.Push((name, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
            else if (reader.TokenType == JsonTokenType.String) places.Add((name, (int)reader.BytesConsumed - 1));
        }

        return places;
    }

    /// <summary>Every value and every name of a file.</summary>
    private IEnumerable<(string Place, int End)> FormPlaces()
    {
        // One character a byte, so that offsets are those of bytes.
        var text = Encoding.Latin1.GetString(Body);
        foreach (Match match in Field().Matches(text)) yield return (match.Groups["name"].Value, match.Groups["value"].Index + match.Groups["value"].Length);
        foreach (Match match in FileName().Matches(text)) yield return ("filename", match.Groups["value"].Index + match.Groups["value"].Length);
    }

    [GeneratedRegex("""name="(?<name>[^"]*)"\r\n\r\n(?<value>[^\r]*)\r\n""")]
    private static partial Regex Field();

    [GeneratedRegex("""filename="(?<value>[^"]*)""")]
    private static partial Regex FileName();
}
