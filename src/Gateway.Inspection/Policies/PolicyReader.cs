using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Policies;

/// <summary>Reads one policy file by the table of <see cref="PolicyKeys"/>; whatever is wrong is noted with file, line, key and remedy.</summary>
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
    private readonly Dictionary<(string Direction, string Place), (PolicyValue Value, int Line)> _written = [];

    private ReadOnlyMemory<byte> _json;
    private PolicyDocument _document = null!;

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public PolicyDocument Read(string name, ReadOnlyMemory<byte> json)
    {
        var document = _document = new PolicyDocument(name, file);
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        _json = json;
        using var parsed = JsonDocument.Parse(json, Lenient);
        if (parsed.RootElement.ValueKind != JsonValueKind.Object)
        {
            Fault(parsed.RootElement, "a policy is a JSON object.");
            return document;
        }

        foreach (var member in parsed.RootElement.EnumerateObject())
        {
            if (Find(Top, member.Name) is not { } key) Unknown("", member, Top);
            else if (key == "$schema") continue;
            else if (key == "Extends") (document.Extends, document.Lines[key]) = (Sentence(key, member.Value), LineOf(member.Value));
            else if (key == "Models") (document.Models, document.Lines[key]) = (ReadModels(member.Value), LineOf(member.Value));
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
            else Unknown(direction + ":", member, PolicyKeys.Directional);
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
                    Say(values, section, Value(single, section, value), value);
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
            if (Find(known.Keys, member.Name) is not { } name) Unknown(section + ":", member, known.Keys);
            else Say(values, $"{section}:{name}", Value(known[name], $"{section}:{name}", member.Value), member.Value);
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
                if (section == "Foldings") Fault(member.Value, $"unknown folding '{member.Name}'.{Hint(member.Name, names)}");
                else Unknown(section + ":", member, names);
            }
            else Say(values, $"{section}:{name}", Value(PolicyKeys.Of($"{section}:{name}"), $"{section}:{name}", member.Value), member.Value);
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
                Fault(member.Value, $"{where} names the unknown risk '{member.Name}'.{hint}");
                continue;
            }

            var place = $"{where}:{member.Name}";
            if (member.Value.ValueKind == JsonValueKind.Number) Write(direction, $"Thresholds:{member.Name}:Block", Probability(place, member.Value), member.Value);
            else if (member.Value.ValueKind != JsonValueKind.Object)
            {
                Fault(member.Value, $"{place}: a number (the block threshold) or an object with Block, Label, Cut.");
            }
            else
            {
                foreach (var part in member.Value.EnumerateObject())
                {
                    if (Find(parts, part.Name) is { } name) Write(direction, $"Thresholds:{member.Name}:{name}", Probability($"{place}:{name}", part.Value), part.Value);
                    else Fault(part.Value, $"{place}: unknown key '{part.Name}'; known are Block, Label, Cut.");
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
                Fault(member.Value, $"{where} names the unknown risk '{member.Name}'.{Hint(member.Name, PolicyKeys.NamesIn(section))}");
            }
            else if (section == "Actions") Write(direction, $"Actions:{risk}", Value(PolicyKeys.Of($"Actions:{risk}"), $"{where}:{risk}", member.Value), member.Value);
            else if (IsObject($"{where}:{risk}", member.Value, $"an object of tiers: {string.Join(", ", tiers)}"))
            {
                foreach (var part in member.Value.EnumerateObject())
                {
                    if (Find(tiers, part.Name) is not { } tier) Unknown($"{where}:{risk}:", part, tiers);
                    else Write(direction, $"Tiers:{risk}:{tier}", Value(PolicyKeys.Of($"Tiers:{risk}:{tier}"), $"{where}:{risk}:{tier}", part.Value), part.Value);
                }
            }
        }
    }

    private void Write(string direction, string place, PolicyValue? value, JsonElement at)
    {
        if (value is { } read) _written[(direction, place)] = (read, LineOf(at));
    }

    private void Say(Dictionary<string, PolicyValue> values, string place, PolicyValue? value, JsonElement at)
    {
        if (value is not { } read) return;
        values[place] = read;
        _document.Lines[place] = LineOf(at);
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
                if (written == direction || (written == Both && !_written.ContainsKey((direction, place)))) Spell(values, $"{direction}:{place}", value);
            }

            if (!_written.Keys.Any(key => key.Place.StartsWith("Tiers:", StringComparison.Ordinal) || key.Place.StartsWith("Actions:", StringComparison.Ordinal))) continue;
            foreach (var label in Taxonomy.Default.All)
            {
                foreach (var (prefix, suffix) in (ReadOnlySpan<(string, string)>)[("Tiers:", ":block"), ("Tiers:", ":review"), ("Tiers:", ":watch"), ("Actions:", "")])
                {
                    if (Nearest(direction, label, prefix, suffix) is { } value) Spell(values, $"{direction}:{prefix}{label}{suffix}", value);
                }
            }
        }
    }

    private void Spell(Dictionary<string, PolicyValue> values, string place, (PolicyValue Value, int Line) written) =>
        (values[place], _document.Lines[place]) = written;

    private (PolicyValue Value, int Line)? Nearest(string direction, string label, string prefix, string suffix)
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
                Fault(value, $"{where} must be one of {string.Join(", ", key.Words)}.");
                return null;
            case PolicyValueKind.Switch:
                if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return PolicyValue.Of(value.GetBoolean());
                Fault(value, $"{where} must be true or false.");
                return null;
            case PolicyValueKind.Probability:
                return Probability(where, value);
            case PolicyValueKind.Count:
                if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 1) return new PolicyValue(null, count);
                Fault(value, $"{where} must be a whole number, 1 or more.");
                return null;
            default:
                return Sentence(where, value) is { } text ? new PolicyValue(text) : null;
        }
    }

    private PolicyValue? Probability(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) && number is >= 0 and <= 1) return new PolicyValue(null, number);
        Fault(value, $"{where}: must be a number from 0 to 1.");
        return null;
    }

    private string? Sentence(string where, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        Fault(value, $"{where} must be a text that is not empty.");
        return null;
    }

    private string[] ReadModels(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.GetString()!.Length > 0))
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        Fault(value, $"Models is an array of model names; * stands for any characters.");
        return [];
    }

    private bool IsObject(string where, JsonElement value, string description)
    {
        if (value.ValueKind == JsonValueKind.Object) return true;
        Fault(value, $"{where} is {description}.");
        return false;
    }

    private void Unknown(string where, JsonProperty member, IEnumerable<string> known) =>
        Fault(member.Value, $"unknown key '{where}{member.Name}'.{Hint(member.Name, known)}");

    private void Fault(JsonElement at, string what) => faults.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{LineOf(at)}: {what}"));

    /// <summary>The line on which a value begins, from 1.</summary>
    private int LineOf(JsonElement value) =>
        _json.Span.Overlaps(JsonMarshal.GetRawUtf8Value(value), out var offset) ? 1 + _json.Span[..offset].Count((byte)'\n') : 1;

    private static string Hint(string name, IEnumerable<string> known) =>
        Spelling.TryNearest(name, known, out var nearest) ? $" Did you mean '{nearest}'?" : $" Known are {string.Join(", ", known)}.";

    private static string? Find(IEnumerable<string> known, string name) => known.FirstOrDefault(each => each.Equals(name, StringComparison.OrdinalIgnoreCase));
}
