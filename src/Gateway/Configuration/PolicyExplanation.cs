using System.Text.Json.Nodes;
using Gateway.Inspection.Policies;

namespace Gateway.Configuration;

/// <summary>An explanation of a resolution as JSON, for the command line and the admin API alike.</summary>
internal static class PolicyExplanation
{
    public static JsonObject ToJson(PolicyBook book, IReadOnlyList<PolicyLayer> layers) => new()
    {
        ["policy"] = string.Join(PolicyBook.Joint, layers.Select(layer => layer.Name)),
        ["base"] = book.HasBase ? "base.json" : null,
        ["layers"] = new JsonArray([.. layers.Select(layer => (JsonNode?)new JsonObject { ["level"] = layer.Level.ToString().ToLowerInvariant(), ["policy"] = layer.Name })]),
        ["values"] = new JsonObject(book.Explain(layers).Select(row => KeyValuePair.Create(row.Key, (JsonNode?)new JsonObject
        {
            ["value"] = row.Value,
            ["source"] = row.Source,
            ["overruled"] = row.Overruled,
        }))),
    };
}
