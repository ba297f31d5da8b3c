using System.Collections.Frozen;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Policies;

/// <summary>Lays documents over one another, holds the result to the base, and makes a <see cref="Policy"/> of it.</summary>
internal sealed class PolicyCompiler(IReadOnlyDictionary<string, Thresholds> defaults, IReadOnlyDictionary<string, FlatPolicy> flat)
{
    /// <summary>The effective values of some layers, each with its source. Thresholds and what is built in are not among them unless written.</summary>
    public Dictionary<string, PolicyLeaf> Merge(IEnumerable<PolicyLayer> layers)
    {
        var merged = new Dictionary<string, PolicyLeaf>(StringComparer.Ordinal);
        var mandatory = flat.GetValueOrDefault(PolicyBook.BaseName);
        if (mandatory is not null) Lay(merged, mandatory, PolicyLevel.Base);
        foreach (var layer in layers) Lay(merged, flat[layer.Name], layer.Level);
        if (mandatory is not null) Hold(merged, mandatory);
        return merged;
    }

    /// <summary>The policy that the values make.</summary>
    public Policy Compile(string name, Dictionary<string, PolicyLeaf> leaves)
    {
        var (prompt, response) = (DirectionOf("Prompt", leaves), DirectionOf("Response", leaves));
        var isPlain = prompt.Risks.Count == 0 && response.Risks.Count == 0 && Same(prompt.Thresholds, response.Thresholds);
        var standard = new Policy { Name = name };
        return standard with
        {
            Mode = Word("Mode", standard.Mode),
            Stream = Word("Stream", standard.Stream),
            OnBlock = Word("OnBlock", standard.OnBlock),
            Answer = leaves.GetValueOrDefault("Answer")?.Value.Text ?? standard.Answer,
            OnFault = Word("OnFault", standard.OnFault),
            OnUninspectable = Word("OnUninspectable", standard.OnUninspectable),
            OnAuditFault = Word("OnAuditFault", standard.OnAuditFault),
            OnMedia = Word("OnMedia", standard.OnMedia),
            OnBlockedHistory = Word("OnBlockedHistory", standard.OnBlockedHistory),
            JudgesWatched = Word("Watched", WatchedFields.Record) == WatchedFields.Enforce,
            Variants = Word("Variants", standard.Variants),
            Retention = Word("Retention", standard.Retention),
            FoldingsOff = Enum.GetValues<Foldings>().Where(folding => folding != Foldings.None && !Switch($"Foldings:{folding}")).Aggregate(Foldings.None, (off, folding) => off | folding),
            PersonalData = PersonalDataOf(leaves),
            RiskLabel = Switch("Label:Risk"),
            ContentLabel = Switch("Label:AIGC"),
            LabelMode = Word("Label:Mode", standard.LabelMode),
            LabelProfile = Word("Label:Profile", standard.LabelProfile),
            LabelText = leaves.GetValueOrDefault("Label:Text")?.Value.Text is { } notice && ExplicitLabel.Fault(notice, Word("Label:Profile", standard.LabelProfile)) is null ? notice : null,
            Agreements = leaves.TryGetValue(PolicyKeys.AgreementsPath, out var agreements) ? PolicyKey.Items(agreements.Value) : [],
            Session = SessionOf(leaves),
            Crisis = Text("Crisis:Answer", leaves) is { } answer ? new CrisisRules(answer, Text("Crisis:Helplines", leaves), Text("Crisis:Webhook", leaves)) : null,
            Thresholds = response.Thresholds,
            Prompt = isPlain ? null : prompt,
            Response = isPlain ? null : response,
        };

        TEnum Word<TEnum>(string place, TEnum fallback)
            where TEnum : struct, Enum => leaves.TryGetValue(place, out var leaf) ? Enum.Parse<TEnum>(leaf.Value.Text!, ignoreCase: true) : fallback;

        bool Switch(string place) => !leaves.TryGetValue(place, out var leaf) || leaf.Value.Text == "true";
    }

    private static SessionRules? SessionOf(Dictionary<string, PolicyLeaf> leaves)
    {
        if (Text("Session:Companion", leaves) != "true") return null;
        var standard = new SessionRules();
        return standard with
        {
            Reminder = Minutes("Session:ReminderMinutes", standard.Reminder),
            Idle = Minutes("Session:IdleMinutes", standard.Idle),
            DependencePause = Minutes("Session:DependenceMinutes", standard.DependencePause),
            Notice = Text("Session:Notice", leaves) ?? standard.Notice,
            Reminding = Text("Session:Reminder", leaves) ?? standard.Reminding,
            Dependence = Text("Session:Dependence", leaves) ?? standard.Dependence,
            Exit = Text("Session:Exit", leaves)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? standard.Exit,
            Farewell = Text("Session:Farewell", leaves) ?? standard.Farewell,
            TakesMinors = Text("Session:RefuseMinors", leaves) == "false",
        };

        TimeSpan Minutes(string place, TimeSpan fallback) => leaves.TryGetValue(place, out var leaf) ? TimeSpan.FromMinutes(leaf.Value.Number) : fallback;
    }

    private static string? Text(string place, Dictionary<string, PolicyLeaf> leaves) => leaves.GetValueOrDefault(place)?.Value.Text;

    /// <summary>The threshold of a label that written parts make with the model's own.</summary>
    public Thresholds ThresholdOf(string direction, string label, Func<string, float?> written)
    {
        var basis = defaults.TryGetValue(label, out var own) ? own : Thresholds.Never;
        float? Part(string part) => written($"{direction}:Thresholds:{label}:{part}");

        // What is not said follows: label from block, cut from block, so that raising one never puts them out of order.
        var block = Part("Block") ?? basis.Block;
        var lower = Math.Min(Part("Label") ?? basis.Label, block);
        var cut = Part("Cut") ?? (float.IsInfinity(basis.Cut) ? block : basis.Cut);
        return new Thresholds(block, lower, Math.Max(cut, block));
    }

    /// <summary>Labels that have thresholds: those of the model, and those that somebody writes.</summary>
    public IEnumerable<string> LabelsOf(IEnumerable<string> places) =>
        defaults.Keys.Concat(places.Where(place => place.Contains(":Thresholds:", StringComparison.Ordinal)).Select(place => place.Split(':')[2])).Distinct(StringComparer.Ordinal);

    private static void Lay(Dictionary<string, PolicyLeaf> merged, FlatPolicy policy, PolicyLevel level)
    {
        foreach (var (place, (value, file)) in policy.Values) merged[place] = new PolicyLeaf(value, level, file);
    }

    /// <summary>Where a value is weaker than the base's, the base's counts.</summary>
    private void Hold(Dictionary<string, PolicyLeaf> merged, FlatPolicy mandatory)
    {
        foreach (var (place, (value, file)) in mandatory.Values)
        {
            if (place.Contains(":Thresholds:", StringComparison.Ordinal)) continue;
            var leaf = merged[place];
            if (PolicyKeys.Of(place).IsWeaker(leaf.Value, value)) merged[place] = new PolicyLeaf(value, PolicyLevel.Base, file, Said(leaf));
        }

        // Thresholds lean on one another, so a label is held as a whole: each of its three to the base's three.
        var labels = mandatory.Values.Keys.Where(place => place.Contains(":Thresholds:", StringComparison.Ordinal)).Select(place => string.Join(':', place.Split(':')[..3])).Distinct(StringComparer.Ordinal);
        foreach (var place in labels.ToArray())
        {
            var (direction, label) = (place.Split(':')[0], place.Split(':')[2]);
            var bound = ThresholdOf(direction, label, at => mandatory.Values.TryGetValue(at, out var written) ? written.Value.Number : null);
            var said = ThresholdOf(direction, label, at => merged.TryGetValue(at, out var leaf) ? leaf.Value.Number : null);
            foreach (var (part, most, wanted) in (ReadOnlySpan<(string, float, float)>)[("Block", bound.Block, said.Block), ("Label", bound.Label, said.Label), ("Cut", bound.Cut, said.Cut)])
            {
                if (wanted <= most) continue;
                var file = mandatory.Values.Where(pair => pair.Key.StartsWith(place + ":", StringComparison.Ordinal)).Select(pair => pair.Value.File).First();
                merged[$"{place}:{part}"] = new PolicyLeaf(new PolicyValue(null, most), PolicyLevel.Base, file, merged.TryGetValue($"{place}:{part}", out var leaf) ? Said(leaf) : null);
            }
        }
    }

    private static string Said(PolicyLeaf leaf) => $"{leaf.Value} of {leaf.File}";

    private DirectionRules DirectionOf(string direction, Dictionary<string, PolicyLeaf> leaves)
    {
        var thresholds = LabelsOf(leaves.Keys.Where(place => place.StartsWith(direction, StringComparison.Ordinal))).ToFrozenDictionary(
            label => label,
            label => ThresholdOf(direction, label, place => leaves.TryGetValue(place, out var leaf) ? leaf.Value.Number : null),
            StringComparer.Ordinal);
        var risks = new Dictionary<string, RiskRule>(StringComparer.Ordinal);
        foreach (var label in Taxonomy.Default.All)
        {
            var rule = new RiskRule(
                At($"Tiers:{label}:block", TierAction.Block), At($"Tiers:{label}:review", TierAction.Confirm), At($"Tiers:{label}:watch", TierAction.Watch), At($"Actions:{label}", RiskAction.Block));
            if (rule != RiskRule.Standard) risks[label] = rule.Capped();
        }

        return new DirectionRules(thresholds, risks.ToFrozenDictionary(StringComparer.Ordinal));

        TEnum At<TEnum>(string place, TEnum fallback)
            where TEnum : struct, Enum => leaves.TryGetValue($"{direction}:{place}", out var leaf) ? Enum.Parse<TEnum>(leaf.Value.Text!, ignoreCase: true) : fallback;
    }

    private static FrozenDictionary<string, PatternAction> PersonalDataOf(Dictionary<string, PolicyLeaf> leaves) => Policy.DefaultPersonalData.ToFrozenDictionary(
        pair => pair.Key,
        pair => leaves.TryGetValue($"PersonalData:{pair.Key}", out var leaf) ? Enum.Parse<PatternAction>(leaf.Value.Text!) : pair.Value,
        StringComparer.OrdinalIgnoreCase);

    private static bool Same(FrozenDictionary<string, Thresholds> one, FrozenDictionary<string, Thresholds> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
