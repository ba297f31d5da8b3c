using System.IO.Compression;
using System.Text.Json;
using Gateway.Inspection.Detectors;

namespace Gateway.Onnx.Evaluation;

/// <summary>
/// Reads labelled texts from lines of JSON, gzipped or not. A line is one text
/// (<c>{"text","lang","side","labels","source"}</c>) or a pair of a harmful text and its harmless twin
/// (<c>{"family","labels","lang","side","harmful","benign"}</c>, either of which may be null).
/// </summary>
internal static class ExampleFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">A line is no example; file and line are named.</exception>
    public static IEnumerable<Example> Read(string path)
    {
        using var reader = Open(path);
        var source = $"own/{Path.GetFileNameWithoutExtension(path)}";
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            foreach (var example in Parse(line, source, path, number)) yield return example;
        }
    }

    private static StreamReader Open(string path)
    {
        var file = File.OpenRead(path);
        return new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
    }

    private static Example[] Parse(string line, string pairSource, string path, int number)
    {
        Line? parsed;
        try
        {
            parsed = JsonSerializer.Deserialize<Line>(line, Json);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}:{number}: {fault.Message}", fault);
        }

        if (parsed is not { Lang: { } language, Labels: { } labels } || (parsed.Text is null ? parsed.Family is null : parsed.Source is null))
            throw new InvalidDataException($"{path}:{number}: lang, labels, and either text and source or family with harmful and benign are needed");
        var side = parsed.Side switch
        {
            "prompt" => TextSide.Prompt,
            "response" => TextSide.Response,
            _ => throw new InvalidDataException($"{path}:{number}: side is \"{parsed.Side}\": it must be prompt or response"),
        };
        if (parsed.Text is { } text) return [new Example(text, language, side, labels, parsed.Source!, parsed.Family)];
        if (parsed.Harmful is not null && labels.Length == 0) throw new InvalidDataException($"{path}:{number}: a harmful text needs labels");
        var pair = new List<Example>(2);
        if (parsed.Harmful is { } harmful) pair.Add(new Example(harmful, language, side, labels, pairSource, parsed.Family));
        if (parsed.Benign is { } benign) pair.Add(new Example(benign, language, side, [], pairSource, parsed.Family));
        return [.. pair];
    }

    private sealed record Line(string? Text, string? Lang, string? Side, string[]? Labels, string? Source, string? Family, string? Harmful, string? Benign);
}
