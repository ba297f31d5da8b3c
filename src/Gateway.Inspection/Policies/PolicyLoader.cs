using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Policies;

/// <summary>
/// Reads policy files: <c>*.json</c>, one policy a file, named after it. Names and words are compared without regard to
/// case; comments and trailing commas are tolerated. A directory is taken whole or refused whole.
/// </summary>
public static class PolicyLoader
{
    private static readonly string[] Keys =
        ["Stream", "OnBlock", "Answer", "OnFault", "OnUninspectable", "OnAuditFault", "Mode", "Thresholds", "Label", "PersonalData", "OnMedia", "Watched",
            "Foldings", "Variants"];

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Loads every policy of a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="defaults">The model's own thresholds by label; a policy's entries override them.</param>
    /// <returns>The policies by name, and a hash of names and contents (16 hexadecimal digits).</returns>
    /// <exception cref="PolicyException">The directory or a file is at fault; every fault is named.</exception>
    public static (FrozenDictionary<string, Policy> Policies, string Version) Load(
        string directory, IReadOnlyDictionary<string, Thresholds> defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        if (!Directory.Exists(directory)) throw new PolicyException([$"{directory}: the policy directory does not exist. Name one with --policies."]);

        var faults = new List<string>();
        var policies = new Dictionary<string, Policy>(StringComparer.OrdinalIgnoreCase);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal))
        {
            var file = Path.GetFileName(path);
            var name = Path.GetFileNameWithoutExtension(path);
            try
            {
                var content = File.ReadAllBytes(path);
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes(file));
                hash.AppendData(content);
                policies[name] = Parse(name, file, content, defaults, faults);
            }
            catch (JsonException fault)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{file}: not valid JSON at line {(fault.LineNumber ?? 0) + 1}, byte {(fault.BytePositionInLine ?? 0) + 1}."));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{file}: cannot be read: {fault.Message}");
            }
        }

        if (policies.Count == 0 && faults.Count == 0) faults.Add($"{directory}: holds no policy file. At least default.json is needed.");
        if (faults.Count > 0) throw new PolicyException(faults);
        return (policies.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
    }

    private static Policy Parse(
        string name, string file, byte[] content, IReadOnlyDictionary<string, Thresholds> defaults, List<string> faults)
    {
        var policy = new Policy { Name = name, Thresholds = defaults.ToFrozenDictionary(StringComparer.Ordinal) };
        var json = content.AsMemory();
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        using var document = JsonDocument.Parse(json, Lenient);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{file}: a policy is a JSON object.");
            return policy;
        }

        foreach (var member in document.RootElement.EnumerateObject())
        {
            var key = Array.Find(Keys, known => known.Equals(member.Name, StringComparison.OrdinalIgnoreCase));
            policy = key switch
            {
                "Stream" => policy with { Stream = Word(file, key, member.Value, StreamMode.Hold, faults) },
                "OnBlock" => policy with { OnBlock = Word(file, key, member.Value, BlockAnswer.Error, faults) },
                "OnFault" => policy with { OnFault = Word(file, key, member.Value, FaultAction.Block, faults) },
                "OnUninspectable" => policy with { OnUninspectable = Word(file, key, member.Value, FaultAction.Block, faults) },
                "OnAuditFault" => policy with { OnAuditFault = Word(file, key, member.Value, FaultAction.Block, faults) },
                "Mode" => policy with { Mode = Word(file, key, member.Value, EnforcementMode.Enforce, faults) },
                "Answer" => policy with { Answer = Sentence(file, key, member.Value, faults) ?? policy.Answer },
                "Thresholds" => policy with { Thresholds = ReadThresholds(file, member.Value, defaults, faults) },
                "PersonalData" => policy with { PersonalData = ReadPersonalData(file, member.Value, faults) },
                "OnMedia" => policy with { OnMedia = Word(file, key, member.Value, FaultAction.Allow, faults) },
                "Watched" => policy with { JudgesWatched = Word(file, key, member.Value, WatchedFields.Record, faults) == WatchedFields.Enforce },
                "Foldings" => policy with { FoldingsOff = ReadFoldings(file, member.Value, faults) },
                "Variants" => policy with { Variants = Word(file, key, member.Value, VariantAction.Label, faults) },
                "Label" => ReadLabel(file, member.Value, policy, faults),
                _ => Unknown(file, "", member.Name, Keys, policy, faults),
            };
        }

        return policy;
    }

    private static FrozenDictionary<string, Thresholds> ReadThresholds(
        string file, JsonElement value, IReadOnlyDictionary<string, Thresholds> defaults, List<string> faults)
    {
        var thresholds = new Dictionary<string, Thresholds>(defaults, StringComparer.Ordinal);
        if (value.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{file}: Thresholds is an object of risk ids.");
            return thresholds.ToFrozenDictionary(StringComparer.Ordinal);
        }

        foreach (var member in value.EnumerateObject())
        {
            if (member.Name != Detection.AnyLabel && !Taxonomy.Default.IsKnown(member.Name))
            {
                var hint = Taxonomy.Default.TrySuggest(member.Name, out var nearest) ? $" Did you mean '{nearest}'?" : " Use an id of the taxonomy, or any.";
                faults.Add($"{file}: Thresholds names the unknown risk '{member.Name}'.{hint}");
                continue;
            }

            var basis = thresholds.GetValueOrDefault(member.Name, Thresholds.Never);
            thresholds[member.Name] = ReadThreshold(file, member.Name, member.Value, basis, faults);
        }

        return thresholds.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static Thresholds ReadThreshold(string file, string label, JsonElement value, Thresholds basis, List<string> faults)
    {
        var where = $"{file}: Thresholds:{label}";
        float? block = null, lower = null, cut = null;
        if (value.ValueKind == JsonValueKind.Number) block = Probability(where, value, faults);
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (member.Name.Equals("Block", StringComparison.OrdinalIgnoreCase)) block = Probability($"{where}:Block", member.Value, faults);
                else if (member.Name.Equals("Label", StringComparison.OrdinalIgnoreCase)) lower = Probability($"{where}:Label", member.Value, faults);
                else if (member.Name.Equals("Cut", StringComparison.OrdinalIgnoreCase)) cut = Probability($"{where}:Cut", member.Value, faults);
                else faults.Add($"{where}: unknown key '{member.Name}'; known are Block, Label, Cut.");
            }
        }
        else
        {
            faults.Add($"{where}: a number (the block threshold) or an object with Block, Label, Cut.");
        }

        // What is not said follows: label from block, cut from block, so that raising one never puts them out of order.
        var newBlock = block ?? basis.Block;
        var newLabel = lower ?? Math.Min(basis.Label, newBlock);
        var newCut = cut ?? Math.Max(float.IsInfinity(basis.Cut) ? newBlock : basis.Cut, newBlock);
        if (newLabel > newBlock) faults.Add($"{where}: Label must not be above Block.");
        if (newCut < newBlock) faults.Add($"{where}: Cut must not be below Block.");
        return new Thresholds(newBlock, newLabel, newCut);
    }

    private static FrozenDictionary<string, PatternAction> ReadPersonalData(string file, JsonElement value, List<string> faults)
    {
        var actions = new Dictionary<string, PatternAction>(Policy.DefaultPersonalData, StringComparer.OrdinalIgnoreCase);
        if (value.ValueKind != JsonValueKind.Object) faults.Add($"{file}: PersonalData is an object of kinds: {string.Join(", ", PersonalDataKinds.All)}.");
        else
        {
            foreach (var member in value.EnumerateObject())
            {
                if (actions.ContainsKey(member.Name)) actions[member.Name] = Word(file, $"PersonalData:{member.Name}", member.Value, PatternAction.Watch, faults);
                else Unknown(file, "PersonalData:", member.Name, PersonalDataKinds.All, null!, faults);
            }
        }

        return actions.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static float? Probability(string where, JsonElement value, List<string> faults)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) && number is >= 0 and <= 1) return number;
        faults.Add($"{where}: must be a number from 0 to 1.");
        return null;
    }

    private static Policy ReadLabel(string file, JsonElement value, Policy policy, List<string> faults)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{file}: Label is an object with Risk and AIGC.");
            return policy;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (member.Name.Equals("Mode", StringComparison.OrdinalIgnoreCase)) policy = policy with { LabelMode = Word(file, "Label:Mode", member.Value, LabelMode.Envelope, faults) };
            else if (member.Name.Equals("Profile", StringComparison.OrdinalIgnoreCase)) policy = policy with { LabelProfile = Word(file, "Label:Profile", member.Value, LabelProfile.Cn, faults) };
            else if (member.Name.Equals("Text", StringComparison.OrdinalIgnoreCase)) policy = policy with { LabelText = Sentence(file, "Label:Text", member.Value, faults) };
            else if (member.Name.Equals("Agreements", StringComparison.OrdinalIgnoreCase))
                policy = policy with { Agreements = (Sentence(file, "Label:Agreements", member.Value, faults) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) };
            else if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) faults.Add($"{file}: Label:{member.Name} must be true or false.");
            else if (member.Name.Equals("Risk", StringComparison.OrdinalIgnoreCase)) policy = policy with { RiskLabel = member.Value.GetBoolean() };
            else if (member.Name.Equals("AIGC", StringComparison.OrdinalIgnoreCase)) policy = policy with { ContentLabel = member.Value.GetBoolean() };
            else policy = Unknown(file, "Label:", member.Name, ["Risk", "AIGC", "Mode", "Text", "Profile", "Agreements"], policy, faults);
        }

        if (policy.LabelText is { } text && ExplicitLabel.Fault(text, policy.LabelProfile) is { } fault) faults.Add($"{file}: Label:Text {fault}.");

        return policy;
    }

    /// <summary>Foldings by name, true or false; what is not named stays on.</summary>
    private static Foldings ReadFoldings(string file, JsonElement value, List<string> faults)
    {
        var off = Foldings.None;
        if (value.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{file}: Foldings is an object of folding names with true or false.");
            return off;
        }

        foreach (var member in value.EnumerateObject())
        {
            var names = Enum.GetNames<Foldings>().Where(name => name != nameof(Foldings.None)).ToArray();
            if (Array.Find(names, known => known.Equals(member.Name, StringComparison.OrdinalIgnoreCase)) is not { } name)
            {
                var hint = Spelling.TryNearest(member.Name, names, out var nearest) ? $" Did you mean '{nearest}'?" : $" Known are {string.Join(", ", names)}.";
                faults.Add($"{file}: unknown folding '{member.Name}'.{hint}");
            }
            else if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) faults.Add($"{file}: Foldings:{name} must be true or false.");
            else if (!member.Value.GetBoolean()) off |= Enum.Parse<Foldings>(name);
        }

        return off;
    }

    private static TEnum Word<TEnum>(string file, string key, JsonElement value, TEnum fallback, List<string> faults)
        where TEnum : struct, Enum
    {
        if (value.ValueKind == JsonValueKind.String && Array.Find(Enum.GetNames<TEnum>(), name =>
            name.Equals(value.GetString(), StringComparison.OrdinalIgnoreCase)) is { } word) return Enum.Parse<TEnum>(word);
        faults.Add($"{file}: {key} must be one of {string.Join(", ", Enum.GetNames<TEnum>())}.");
        return fallback;
    }

    private static string? Sentence(string file, string key, JsonElement value, List<string> faults)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        faults.Add($"{file}: {key} must be a text that is not empty.");
        return null;
    }

    private static Policy Unknown(string file, string where, string name, IEnumerable<string> known, Policy policy, List<string> faults)
    {
        var hint = Spelling.TryNearest(name, known, out var nearest) ? $" Did you mean '{nearest}'?" : $" Known are {string.Join(", ", known)}.";
        faults.Add($"{file}: unknown key '{where}{name}'.{hint}");
        return policy;
    }
}
