using System.Text.Json;

namespace Gateway.Onnx.Evaluation;

/// <summary>
/// Fills the slots of patterns (<c>{city}</c>) with the values of <c>slots-NAME.json</c> beside <c>NAME.jsonl</c>. Words in
/// braces that no file names stay as they are: program code has them too.
/// </summary>
internal static class SlotFiles
{
    /// <summary>Reads a file of pairs with the values for its slots.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variants">Fillings of a pattern at most.</param>
    public static IEnumerable<Example> ReadFilled(string path, int variants)
    {
        var slots = Values(Path.Combine(Path.GetDirectoryName(path) ?? "", $"slots-{Path.GetFileNameWithoutExtension(path)}.json"));
        foreach (var example in ExampleFile.Read(path))
        {
            for (var variant = 0; variant < variants; variant++)
            {
                var text = Fill(example.Text, example.Language, slots, variant);
                if (variant > 0 && text == Fill(example.Text, example.Language, slots, 0)) break;
                yield return example with { Text = text };
            }
        }
    }

    private static string Fill(string text, string language, Dictionary<string, Dictionary<string, string[]>> slots, int variant)
    {
        foreach (var (slot, languages) in slots)
            if (languages.TryGetValue(language, out var values) && values.Length > 0)
                text = text.Replace($"{{{slot}}}", values[variant % values.Length], StringComparison.Ordinal);
        return text;
    }

    private static Dictionary<string, Dictionary<string, string[]>> Values(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string[]>>>(File.ReadAllText(path)) ?? [];
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }
    }
}
