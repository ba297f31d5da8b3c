using System.IO.Compression;
using System.Text.Json;
using Gateway.Inspection.Detectors;

namespace Gateway.Training.Data;

/// <summary>Reads examples from gzipped lines of JSON.</summary>
internal static class ExampleFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">A line is no example; file and line are named.</exception>
    public static IEnumerable<Example> Read(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            yield return Parse(line, path, number);
        }
    }

    private static Example Parse(string line, string path, int number)
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

        if (parsed is not { Text: { } text, Lang: { } language, Source: { } source, Labels: { } labels })
            throw new InvalidDataException($"{path}:{number}: text, lang, labels and source are needed");
        return parsed.Side switch
        {
            "prompt" => new Example(text, language, TextSide.Prompt, labels, source),
            "response" => new Example(text, language, TextSide.Response, labels, source),
            _ => throw new InvalidDataException($"{path}:{number}: side is \"{parsed.Side}\": it must be prompt or response"),
        };
    }

    private sealed record Line(string? Text, string? Lang, string? Side, string[]? Labels, string? Source);
}
