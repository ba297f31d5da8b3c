using System.Text.Json;
using Gateway.Inspection.Policies;

namespace Gateway.Onnx.Models;

/// <summary>The risks a label may name.</summary>
internal static class KnownRisks
{
    private static readonly HashSet<string> Ids = Read();

    public static bool Contains(string id) => Ids.Contains(id);

    public static string DidYouMean(string id) => "";

    private static HashSet<string> Read()
    {
        using var stream = typeof(Verdict).Assembly.GetManifestResourceStream("taxonomy.json")!;
        using var json = JsonDocument.Parse(stream);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in json.RootElement.GetProperty("groups").EnumerateArray())
            foreach (var risk in group.GetProperty("risks").EnumerateArray()) ids.Add(risk.GetProperty("id").GetString()!);
        foreach (var risk in json.RootElement.GetProperty("extensions").GetProperty("risks").EnumerateArray()) ids.Add(risk.GetProperty("id").GetString()!);
        foreach (var labels in json.RootElement.GetProperty("subLabels").EnumerateObject())
            foreach (var sub in labels.Value.EnumerateArray()) ids.Add($"{labels.Name}.{sub.GetString()}");
        return ids;
    }
}
