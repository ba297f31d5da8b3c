using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Audit.Tests;

/// <summary>As much of JSON Schema as our schemas use. A keyword it does not know fails: nothing is passed over.</summary>
internal sealed class SchemaCheck
{
    private readonly JsonElement _root;

    public SchemaCheck(string path) => _root = JsonDocument.Parse(File.ReadAllText(path)).RootElement;

    /// <summary>What does not fit, empty where everything does.</summary>
    public List<string> Validate(JsonElement value) => Validate(value, _root, "$");

    /// <summary>The names a definition allows.</summary>
    public IEnumerable<string> Names(string definition) =>
        _root.GetProperty("$defs").GetProperty(definition).GetProperty("properties").EnumerateObject().Select(member => member.Name);

    private List<string> Validate(JsonElement value, JsonElement schema, string at)
    {
        var faults = new List<string>();
        if (schema.TryGetProperty("type", out var kind) && !IsOf(value, kind.GetString()!)) return [$"{at} is no {kind}"];
        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "$schema" or "$defs" or "title" or "description" or "required" or "additionalProperties" or "properties" or "type": break;
                case "$ref": faults.AddRange(Validate(value, _root.GetProperty("$defs").GetProperty(keyword.Value.GetString()![8..]), at)); break;
                case "oneOf":
                    var results = keyword.Value.EnumerateArray().Select(choice => Validate(value, choice, at)).ToList();
                    if (results.Count(result => result.Count == 0) != 1) faults.Add($"{at} fits {results.Count(result => result.Count == 0)} of the choices; nearest: {string.Join("; ", results.MinBy(result => result.Count)!)}");
                    break;
                case "const": if (keyword.Value.ToString() != value.ToString()) faults.Add($"{at} is {value}, not {keyword.Value}"); break;
                case "enum": if (!keyword.Value.EnumerateArray().Any(choice => choice.ToString() == value.ToString())) faults.Add($"{at} is {value}"); break;
                case "pattern": if (!Regex.IsMatch(value.GetString() ?? "", keyword.Value.GetString()!)) faults.Add($"{at} is {value}"); break;
                case "minimum": if (value.GetDouble() < keyword.Value.GetDouble()) faults.Add($"{at} is {value}"); break;
                case "maximum": if (value.GetDouble() > keyword.Value.GetDouble()) faults.Add($"{at} is {value}"); break;
                case "items": faults.AddRange(value.EnumerateArray().SelectMany((item, index) => Validate(item, keyword.Value, $"{at}[{index}]"))); break;
                default: throw new InvalidOperationException($"The check does not know the keyword {keyword.Name}.");
            }
        }

        if (schema.TryGetProperty("type", out var type) && type.GetString() == "object") faults.AddRange(ValidateObject(value, schema, at));
        return faults;
    }

    private IEnumerable<string> ValidateObject(JsonElement value, JsonElement schema, string at)
    {
        var hasProperties = schema.TryGetProperty("properties", out var properties);
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray())
            {
                if (!value.TryGetProperty(name.GetString()!, out _)) yield return $"{at} lacks {name}";
            }
        }

        foreach (var member in value.EnumerateObject())
        {
            if (hasProperties && properties.TryGetProperty(member.Name, out var property))
            {
                foreach (var fault in Validate(member.Value, property, $"{at}.{member.Name}")) yield return fault;
            }
            else if (schema.TryGetProperty("additionalProperties", out var others))
            {
                if (others.ValueKind == JsonValueKind.False) yield return $"{at} may not have {member.Name}";
                else foreach (var fault in Validate(member.Value, others, $"{at}.{member.Name}")) yield return fault;
            }
        }
    }

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => throw new InvalidOperationException(type),
    };
}
