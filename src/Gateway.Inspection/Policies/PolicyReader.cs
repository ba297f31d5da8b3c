using System.Text.Json;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Policies;

/// <summary>Reads one policy file by the table of <see cref="PolicyKeys"/>; whatever is wrong is noted with file, key and remedy.</summary>
internal sealed class PolicyReader(string file, List<string> faults)
{
    private const string Both = "";

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly string[] Top =
    [
        "$schema", "Extends", "Models", .. PolicyKeys.Directions,
        .. PolicyKeys.All.Select(key => key.Path.Split(':')[0]).Distinct(),
    ];

    // What is said of tiers and actions, by direction and by the name that was written; spelled out at the end.
    private readonly Dictionary<(string Direction, string Place), PolicyValue> _written = [];

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public PolicyDocument Read(string name, ReadOnlyMemory<byte> json)
    {
        var document = new PolicyDocument(name, file);
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        using var parsed = JsonDocument.Parse(json, Lenient);
        if (parsed.RootElement.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{file}: a policy is a JSON object.");
            return document;
        }

        foreach (var member in parsed.RootElement.EnumerateObject())
        {
            if (Find(Top, member.Name) is not { } key) Unknown("", member.Name, Top);
            else if (key == "$schema") continue;
            else if (key == "Extends") document.Extends = Sentence(key, member.Value);
            else if (key == "Models") document.Models = ReadModels(member.Value);
            else if (PolicyKeys.Directions.Contains(key)) ReadDirection(key, member.Value);
            else ReadSection(Both, key, member.Value, document.Values);
        }

        SpellOut(document.Values);
        return document;
    }

    private void ReadDirection(string direction, JsonElement value)
    {
        if (!IsObject(direction, value, $"an object with {string.Join(", ", PolicyKeys.Directional)}")) return;
        foreach (var member in value.EnumerateObject())
        {
            if (Find(PolicyKeys.Directional, member.Name) is { } key) ReadSection(direction, key, member.Value, []);
            else Unknown(direction + ":", member.Name, PolicyKeys.Directional);
        }
    }

    private void ReadSection(string direction, string section, JsonElement value, Dictionary<string, PolicyValue> values)
    {
        var where = direction.Length == 0 ? section : $"{direction}:{section}";
        switch (section)
        {
            case "Thresholds":
                ReadThresholds(direction, where, value);
                break;
            case "Tiers" or "Actions":
                ReadRisks(direction, section, where, value);
                break;
            case "PersonalData" or "Foldings":
                ReadNamed(section, value, values);
                break;
            default:
                if (PolicyKeys.All.FirstOrDefault(key => key.Path == section) is { } single)
                {
                    if (Value(single, section, value) is { } read) values[section] = read;
                    break;
                }

                ReadFixed(section, value, values);
                break;
        }
    }

    /// <summary>An object whose members the table names one by one, such as <c>Label</c>.</summary>
    private void ReadFixed(string section, JsonElement value, Dictionary<string, PolicyValue> values)
    {
        var known = PolicyKeys.All.Where(key => key.Path.StartsWith(section + ":", StringComparison.Ordinal)).ToDictionary(key => key.Path[(section.Length + 1)..]);
        if (!IsObject(section, value, $"an object with {string.Join(", ", known.Keys)}")) return;
        foreach (var member in value.EnumerateObject())
        {
            if (Find(known.Keys, member.Name) is not { } name) Unknown(section + ":", member.Name, known.Keys);
            else if (Value(known[name], $"{section}:{name}", member.Value) is { } read) values[$"{section}:{name}"] = read;
        }
    }

    private void ReadNamed(string section, JsonElement value, Dictionary<string, PolicyValue> values)
    {
        var names = PolicyKeys.NamesIn(section);
        var description = section == "Foldings" ? "an object of folding names with true or false" : $"an object of kinds: {string.Join(", ", names)}";
        if (!IsObject(section, value, description)) return;
        foreach (var member in value.EnumerateObject())
        {
            if (Find(names, member.Name) is not { } name)
            {
                if (section == "Foldings") faults.Add($"{file}: unknown folding '{member.Name}'.{Hint(member.Name, names)}");
                else Unknown(section + ":", member.Name, names);
            }
            else if (Value(PolicyKeys.Of($"{section}:{name}"), $"{section}:{name}", member.Value) is { } read) values[$"{section}:{name}"] = read;
        }
    }

    private void ReadThresholds(string direction, string where, JsonElement value)
    {
        if (!IsObject(where, value, "an object of risk ids")) return;
        string[] parts = ["Block", "Label", "Cut"];
        foreach (var member in value.EnumerateObject())
        {
            if (!PolicyKeys.NamesIn("Thresholds").Contains(member.Name, StringComparer.Ordinal))
            {
                var hint = Taxonomy.Default.TrySuggest(member.Name, out var nearest) ? $" Did you mean '{nearest}'?" : " Use an id of the taxonomy, or any.";
                faults.Add($"{file}: {where} names the unknown risk '{member.Name}'.{hint}");
                continue;
            }

            var place = $"{where}:{member.Name}";
            if (member.Value.ValueKind == JsonValueKind.Number) Write(direction, $"Thresholds:{member.Name}:Block", Probability(place, member.Value));
            else if (member.Value.ValueKind != JsonValueKind.Object)
            {
                faults.Add($"{file}: {place}: a number (the block threshold) or an object with Block, Label, Cut.");
            }
            else
            {
                foreach (var part in member.Value.EnumerateObject())
                {
                    if (Find(parts, part.Name) is { } name) Write(direction, $"Thresholds:{member.Name}:{name}", Probability($"{place}:{name}", part.Value));
                    else faults.Add($"{file}: {place}: unknown key '{part.Name}'; known are Block, Label, Cut.");
                }
            }
        }
    }

    private void ReadRisks(string direction, string section, string where, JsonElement value)
    {
        if (!IsObject(where, value, "an object of risk ids, groups of risks, or any")) return;
        string[] tiers = ["block", "review", "watch"];
        foreach (var member in value.EnumerateObject())
        {
            if (Find(PolicyKeys.NamesIn(section), member.Name) is not { } risk)
            {
                faults.Add($"{file}: {where} names the unknown risk '{member.Name}'.{Hint(member.Name, PolicyKeys.NamesIn(section))}");
            }
            else if (section == "Actions") Write(direction, $"Actions:{risk}", Value(PolicyKeys.Of($"Actions:{risk}"), $"{where}:{risk}", member.Value));
            else if (IsObject($"{where}:{risk}", member.Value, $"an object of tiers: {string.Join(", ", tiers)}"))
            {
                foreach (var part in member.Value.EnumerateObject())
                {
                    if (Find(tiers, part.Name) is not { } tier) Unknown($"{where}:{risk}:", part.Name, tiers);
                    else Write(direction, $"Tiers:{risk}:{tier}", Value(PolicyKeys.Of($"Tiers:{risk}:{tier}"), $"{where}:{risk}:{tier}", part.Value));
                }
            }
        }
    }

    private void Write(string direction, string place, PolicyValue? value)
    {
        if (value is { } read) _written[(direction, place)] = read;
    }

    /// <summary>
    /// Says of every single risk and direction what was said of all of them: the nearer word wins (this direction before both, the
    /// risk before its group before any), so that layers can be laid over one another place by place.
    /// </summary>
    private void SpellOut(Dictionary<string, PolicyValue> values)
    {
        if (_written.Count == 0) return;
        foreach (var direction in PolicyKeys.Directions)
        {
            foreach (var ((written, place), value) in _written)
            {
                if (!place.StartsWith("Thresholds:", StringComparison.Ordinal)) continue;
                if (written == direction || (written == Both && !_written.ContainsKey((direction, place)))) values[$"{direction}:{place}"] = value;
            }

            if (!_written.Keys.Any(key => key.Place.StartsWith("Tiers:", StringComparison.Ordinal) || key.Place.StartsWith("Actions:", StringComparison.Ordinal))) continue;
            foreach (var label in Taxonomy.Default.All)
            {
                foreach (var (prefix, suffix) in (ReadOnlySpan<(string, string)>)[("Tiers:", ":block"), ("Tiers:", ":review"), ("Tiers:", ":watch"), ("Actions:", "")])
                {
                    if (Nearest(direction, label, prefix, suffix) is { } value) values[$"{direction}:{prefix}{label}{suffix}"] = value;
                }
            }
        }
    }

    private PolicyValue? Nearest(string direction, string label, string prefix, string suffix)
    {
        Taxonomy.Default.TryGetRisk(label, out var risk);
        foreach (var side in (ReadOnlySpan<string>)[direction, Both])
        {
            foreach (var name in (ReadOnlySpan<string>)[label, risk!.Id, risk.Group, Detectors.Detection.AnyLabel])
            {
                if (_written.TryGetValue((side, prefix + name + suffix), out var value)) return value;
            }
        }

        return null;
    }

    private PolicyValue? Value(PolicyKey key, string where, JsonElement value)
    {
        switch (key.Kind)
        {
            case PolicyValueKind.Word:
                if (value.ValueKind == JsonValueKind.String && Find(key.Words, value.GetString()!) is { } word) return new PolicyValue(word);
                faults.Add($"{file}: {where} must be one of {string.Join(", ", key.Words)}.");
                return null;
            case PolicyValueKind.Switch:
                if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return PolicyValue.Of(value.GetBoolean());
                faults.Add($"{file}: {where} must be true or false.");
                return null;
            case PolicyValueKind.Probability:
                return Probability(where, value);
            case PolicyValueKind.Count:
                if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0) return new PolicyValue(null, count);
                faults.Add($"{file}: {where} must be a whole number, 0 or more.");
                return null;
            default:
                return Sentence(where, value) is { } text ? new PolicyValue(text) : null;
        }
    }

    private PolicyValue? Probability(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) && number is >= 0 and <= 1) return new PolicyValue(null, number);
        faults.Add($"{file}: {where}: must be a number from 0 to 1.");
        return null;
    }

    private string? Sentence(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        faults.Add($"{file}: {where} must be a text that is not empty.");
        return null;
    }

    private string[] ReadModels(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.GetString()!.Length > 0))
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        faults.Add($"{file}: Models is an array of model names; * stands for any characters.");
        return [];
    }

    private bool IsObject(string where, JsonElement value, string description)
    {
        if (value.ValueKind == JsonValueKind.Object) return true;
        faults.Add($"{file}: {where} is {description}.");
        return false;
    }

    private void Unknown(string where, string name, IEnumerable<string> known) => faults.Add($"{file}: unknown key '{where}{name}'.{Hint(name, known)}");

    private static string Hint(string name, IEnumerable<string> known) =>
        Spelling.TryNearest(name, known, out var nearest) ? $" Did you mean '{nearest}'?" : $" Known are {string.Join(", ", known)}.";

    private static string? Find(IEnumerable<string> known, string name) => known.FirstOrDefault(each => each.Equals(name, StringComparison.OrdinalIgnoreCase));
}
