using System.Text;

namespace Gateway.TestSupport;

/// <summary>A recorded answer with a place for the text: see tests/Gateway.FunctionalTests/transcripts.</summary>
public sealed class Transcript
{
    private const string Delta = "{{delta}}";
    private const string Whole = "{{text}}";

    private readonly List<string> _frames;

    private Transcript(string content, string extension)
    {
        Extension = extension;
        _frames = extension switch
        {
            ".sse" => [.. content.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame.TrimStart('\n') + "\n\n")],
            ".ndjson" => [.. content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line + "\n")],
            _ => [content],
        };
    }

    /// <summary><c>.sse</c>, <c>.ndjson</c>, <c>.array</c> or <c>.json</c>.</summary>
    public string Extension { get; }

    public string ContentType => Extension switch { ".sse" => "text/event-stream", ".ndjson" => "application/x-ndjson", _ => "application/json" };

    public static Transcript Load(string name) => new(
        File.ReadAllText(Path.Combine(Repository.Root, "tests", "Gateway.FunctionalTests", "transcripts", name)), Path.GetExtension(name));

    /// <summary>The answer, with these pieces of text.</summary>
    public IReadOnlyList<byte[]> Frames(params IReadOnlyList<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var text = string.Concat(pieces);
        if (Extension == ".array") return ArrayFrames(pieces);
        return
        [
            .. _frames.SelectMany(frame => frame.Contains(Delta, StringComparison.Ordinal) ? pieces.Select(piece => frame.Replace(Delta, Escape(piece), StringComparison.Ordinal)) : [frame.Replace(Whole, Escape(text), StringComparison.Ordinal)])
                .Select(Encoding.UTF8.GetBytes),
        ];
    }

    /// <summary>The events up to the last piece of text.</summary>
    public IReadOnlyList<byte[]> Beginning(params IReadOnlyList<string> pieces)
    {
        var after = Extension == ".array" ? 1 : _frames.Count - 1 - _frames.FindIndex(frame => frame.Contains(Delta, StringComparison.Ordinal));
        return [.. Frames(pieces).SkipLast(after)];
    }

    public byte[] Bytes(params IReadOnlyList<string> pieces) => [.. Frames(pieces).SelectMany(frame => frame)];

    /// <summary>The element with the text once for each piece, as the elements of one array.</summary>
    private List<byte[]> ArrayFrames(IReadOnlyList<string> pieces)
    {
        var elements = _frames[0].Split("\n,\n");
        var first = elements[0][1..];
        return
        [
            .. pieces.Select((piece, index) => (index == 0 ? "[" : "\n,\n") + first.Replace(Delta, Escape(piece), StringComparison.Ordinal))
                .Append("\n,\n" + elements[1]).Select(Encoding.UTF8.GetBytes),
        ];
    }

    private static string Escape(string text) => ChatTranscripts.Text(System.Text.Json.Nodes.JsonValue.Create(text))[1..^1];
}
