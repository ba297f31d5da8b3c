using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Inspection.Policies;

/// <summary>
/// The JSON schema of policy files, made of <see cref="PolicyKeys"/>: <c>deploy/policy.schema.json</c> is what it writes. It knows names and
/// words in the spelling of the table only; the loader takes them in any case.
/// </summary>
public static class PolicySchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema's text.</summary>
    public static string Write()
    {
        var properties = new JsonObject
        {
            ["$schema"] = Text("Where this schema is."),
            ["Extends"] = Text("The policy whose values this one starts from. base.json binds every policy without being named."),
            ["Models"] = new JsonObject
            {
                ["type"] = "array",
                ["description"] = "Models, by name or pattern with *, that this is the policy of.",
                ["items"] = new JsonObject { ["type"] = "string", ["pattern"] = "." },
            },
        };
        foreach (var section in PolicyKeys.All.Select(key => key.Path.Split(':')[0]).Distinct())
        {
            if (!PolicyKeys.Directional.Contains(section)) properties[section] = Section(section);
        }

        foreach (var section in PolicyKeys.Directional) properties[section] = Reference(section);
        foreach (var direction in PolicyKeys.Directions)
        {
            properties[direction] = Closed(new JsonObject(PolicyKeys.Directional.Select(section => KeyValuePair.Create(section, (JsonNode?)Reference(section)))), $"What holds for one direction alone: {direction.ToLowerInvariant()}.");
        }

        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Policy of the gateway",
            ["description"] = "One policy file of a policy directory. Comments and trailing commas are allowed.",
        };
        foreach (var (name, value) in Closed(properties, null).ToArray()) schema[name] = value?.DeepClone();
        var definitions = new JsonObject();
        foreach (var section in PolicyKeys.Directional)
        {
            definitions[section] = Section(section);
            definitions["One" + section] = Entry(section, KeysOf(section));
        }

        schema["$defs"] = definitions;
        return schema.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Section(string section)
    {
        var keys = KeysOf(section);
        if (keys is [var single] && single.Path == section) return Value(single);
        if (!keys[0].Path.Contains('*', StringComparison.Ordinal))
            return Closed(new JsonObject(keys.Select(key => KeyValuePair.Create(key.Path.Split(':')[1], (JsonNode?)Value(key)))), null);
        var names = PolicyKeys.NamesIn(section);
        return Closed(new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)(PolicyKeys.Directional.Contains(section) ? Reference("One" + section) : Entry(section, keys))))), null);
    }

    private static PolicyKey[] KeysOf(string section) => [.. PolicyKeys.All.Where(key => key.Path.Split(':')[0] == section)];

    /// <summary>What stands behind the name of a risk, kind or folding.</summary>
    private static JsonObject Entry(string section, PolicyKey[] keys)
    {
        if (keys is [var single]) return Value(single);
        var parts = Closed(new JsonObject(keys.Select(key => KeyValuePair.Create(key.Path.Split(':')[2], (JsonNode?)Value(key)))), null);
        return section == "Thresholds" ? new JsonObject { ["oneOf"] = new JsonArray(Value(keys[0]), parts) } : parts;
    }

    private static JsonObject Value(PolicyKey key)
    {
        var value = new JsonObject { ["description"] = key.Summary };
        switch (key.Kind)
        {
            case PolicyValueKind.Word:
                value["enum"] = new JsonArray([.. key.Words.Select(word => (JsonNode?)word)]);
                break;
            case PolicyValueKind.Switch:
                value["type"] = "boolean";
                break;
            case PolicyValueKind.Probability:
                (value["type"], value["minimum"], value["maximum"]) = ("number", 0, 1);
                break;
            case PolicyValueKind.Count:
                (value["type"], value["minimum"]) = ("integer", 1);
                break;
            default:
                (value["type"], value["pattern"]) = ("string", ".");
                break;
        }

        return value;
    }

    private static JsonObject Closed(JsonObject properties, string? description)
    {
        var schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (description is not null) schema["description"] = description;
        return schema;
    }

    private static JsonObject Reference(string section) => new() { ["$ref"] = $"#/$defs/{section}" };

    private static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };
}
