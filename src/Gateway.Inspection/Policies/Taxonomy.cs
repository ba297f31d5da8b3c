using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Policies;

/// <summary>
/// The risks there are: the 31 of GB/T 45654-2025 Annex A in five groups, extensions, and finer <c>id.sub</c> labels of
/// some. Immutable.
/// </summary>
public sealed class Taxonomy
{
    /// <summary>Group of the risks outside the standard.</summary>
    public const string ExtensionsGroup = "extensions";

    private readonly FrozenDictionary<string, Risk> _byLabel;

    private Taxonomy(JsonElement root)
    {
        var subLabels = root.GetProperty("subLabels");
        var risks = new List<Risk>();
        foreach (var group in root.GetProperty("groups").EnumerateArray())
            foreach (var risk in group.GetProperty("risks").EnumerateArray())
                risks.Add(ReadRisk(risk, group.GetProperty("id").GetString()!, subLabels));
        StandardCount = risks.Count;
        foreach (var risk in root.GetProperty("extensions").GetProperty("risks").EnumerateArray())
            risks.Add(ReadRisk(risk, ExtensionsGroup, subLabels));

        Standard = root.GetProperty("standard").GetString()!;
        Risks = risks;
        All = [.. risks.SelectMany(risk => risk.SubLabels.Select(sub => risk.Id + "." + sub).Prepend(risk.Id))];
        _byLabel = risks
            .SelectMany(risk => risk.SubLabels.Select(sub => (Label: risk.Id + "." + sub, Risk: risk)).Prepend((Label: risk.Id, Risk: risk)))
            .ToFrozenDictionary(pair => pair.Label, pair => pair.Risk, StringComparer.Ordinal);
    }

    /// <summary>The taxonomy that is built in.</summary>
    public static Taxonomy Default { get; } = ReadBuiltIn();

    /// <summary>Name of the standard.</summary>
    public string Standard { get; }

    /// <summary>How many risks the standard names; they come first in <see cref="Risks"/>.</summary>
    public int StandardCount { get; }

    /// <summary>Every risk, those of the standard first, in its order.</summary>
    public IReadOnlyList<Risk> Risks { get; }

    /// <summary>Every label a term or a model may use: each <c>id</c>, followed by its <c>id.sub</c>.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>Whether a label is a risk's id or <c>id.sub</c>; upper and lower case differ.</summary>
    /// <param name="label">The label.</param>
    public bool IsKnown(string label) => _byLabel.ContainsKey(label);

    /// <summary>Finds the risk of a label.</summary>
    /// <param name="label">An id or <c>id.sub</c>.</param>
    /// <param name="risk">The risk.</param>
    /// <returns>False when there is none.</returns>
    public bool TryGetRisk(string label, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Risk? risk) =>
        _byLabel.TryGetValue(label, out risk);

    /// <summary>Finds the label an unknown one was probably meant to be.</summary>
    /// <param name="unknown">A label that is not known.</param>
    /// <param name="nearest">The most similar label.</param>
    /// <returns>False when none is similar: more than a third of the characters differ.</returns>
    public bool TrySuggest(string unknown, out string nearest)
    {
        ArgumentNullException.ThrowIfNull(unknown);
        return Spelling.TryNearest(unknown, All, out nearest);
    }

    private static Risk ReadRisk(JsonElement risk, string group, JsonElement subLabels)
    {
        var id = risk.GetProperty("id").GetString()!;
        return new Risk(
            id,
            group,
            risk.TryGetProperty("clause", out var clause) ? clause.GetString()! : "",
            risk.GetProperty("zh").GetString()!,
            risk.GetProperty("en").GetString()!,
            subLabels.TryGetProperty(id, out var subs) ? [.. subs.EnumerateArray().Select(sub => sub.GetString()!)] : [],
            risk.TryGetProperty("keywordsMin", out var least) && least.ValueKind == JsonValueKind.Number ? least.GetInt32() : null);
    }

    private static Taxonomy ReadBuiltIn()
    {
        using var stream = typeof(Taxonomy).Assembly.GetManifestResourceStream("taxonomy.json")
            ?? throw new InvalidOperationException("The assembly lacks its resource taxonomy.json.");
        using var document = JsonDocument.Parse(stream);
        return new Taxonomy(document.RootElement);
    }
}
