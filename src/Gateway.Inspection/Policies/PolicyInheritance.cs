using System.Collections.Frozen;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Policies;

/// <summary>Follows <c>Extends</c> and checks what only several documents together can show.</summary>
internal static class PolicyInheritance
{
    /// <summary>Makes the book of some documents.</summary>
    /// <param name="documents">The documents by name.</param>
    /// <param name="defaults">The model's own thresholds.</param>
    /// <param name="version">Hash of the files.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <returns><see langword="null"/> where something is wrong.</returns>
    public static PolicyBook? Make(
        Dictionary<string, PolicyDocument> documents, IReadOnlyDictionary<string, Thresholds> defaults, string version, List<string> faults)
    {
        var flat = new Dictionary<string, FlatPolicy>(StringComparer.OrdinalIgnoreCase);
        foreach (var document in documents.Values)
        {
            if (Flatten(document, documents, faults) is { } policy) flat[document.Name] = policy;
        }

        var compiler = new PolicyCompiler(defaults, flat);
        foreach (var policy in flat.Values)
        {
            CheckOrder(policy, documents[policy.Name], compiler, faults);
            CheckNotice(policy, documents[policy.Name], faults);
        }

        var models = Models(documents.Values, faults);
        return faults.Count > 0
            ? null
            : new PolicyBook(documents.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), compiler, models, Notes(documents.Values, compiler), version);
    }

    private static FlatPolicy? Flatten(PolicyDocument document, Dictionary<string, PolicyDocument> documents, List<string> faults)
    {
        // From the document up to the first of its line.
        var line = new List<PolicyDocument>();
        for (var at = document; ;)
        {
            if (line.Contains(at))
            {
                faults.Add($"{document.At("Extends")}: Extends goes round in a circle: {string.Join(" → ", line.Select(each => each.Name))} → {at.Name}.");
                return null;
            }

            line.Add(at);
            if (at.Extends is not { } parent) break;
            if (!documents.TryGetValue(parent, out var next))
            {
                var hint = Spelling.TryNearest(parent, documents.Keys, out var nearest) ? $" Did you mean '{nearest}'?" : $" There are {string.Join(", ", documents.Keys.Order(StringComparer.Ordinal))}.";
                if (line.Count == 1) faults.Add($"{at.At("Extends")}: Extends names '{parent}', but there is no such policy.{hint}");
                return null;
            }

            at = next;
        }

        if (line.Count > 1 && string.Equals(document.Name, PolicyBook.BaseName, StringComparison.OrdinalIgnoreCase))
        {
            faults.Add($"{document.At("Extends")}: the base extends nothing: everything extends it. Write what '{line[1].Name}' says into it.");
            return null;
        }

        line.Reverse();
        var values = new Dictionary<string, (PolicyValue, string)>(StringComparer.Ordinal);
        foreach (var each in line)
        {
            foreach (var (place, value) in each.Values) values[place] = (value, each.File);
        }

        return new FlatPolicy(document.Name, values);
    }

    /// <summary>Thresholds of one file that contradict one another are a mistake; those of several files give way.</summary>
    private static void CheckOrder(FlatPolicy policy, PolicyDocument document, PolicyCompiler compiler, List<string> faults)
    {
        foreach (var group in policy.Values.Where(pair => pair.Key.Contains(":Thresholds:", StringComparison.Ordinal)).GroupBy(pair => pair.Key[..pair.Key.LastIndexOf(':')]).ToArray())
        {
            if (!group.Any(pair => pair.Value.File == document.File)) continue;
            var parts = group.Key.Split(':');
            var all = compiler.ThresholdOf(parts[0], parts[2], place => policy.Values.TryGetValue(place, out var leaf) ? leaf.Value.Number : null);
            Say("Label", all.Label, "must not be above Block");
            Say("Cut", all.Cut, "must not be below Block");

            void Say(string part, float inForce, string rule)
            {
                if (!policy.Values.TryGetValue($"{group.Key}:{part}", out var written) || written.Value.Number == inForce) return;
                var fault = $"{document.At($"{group.Key}:{part}")}: Thresholds:{parts[2]}: {part} {rule}.";
                if (!faults.Contains(fault)) faults.Add(fault);
            }
        }
    }

    /// <summary>A notice that says too little for the profile of its own file. Where layers bring one together with another profile, that profile's own text stands in.</summary>
    private static void CheckNotice(FlatPolicy policy, PolicyDocument document, List<string> faults)
    {
        if (!policy.Values.TryGetValue("Label:Text", out var text) || text.File != document.File) return;
        var profile = policy.Values.TryGetValue("Label:Profile", out var written) ? Enum.Parse<LabelProfile>(written.Value.Text!, ignoreCase: true) : LabelProfile.Cn;
        if (ExplicitLabel.Fault(text.Value.Text!, profile) is { } fault) faults.Add($"{document.At("Label:Text")}: Label:Text {fault}.");
    }

    private static (string Pattern, string Policy)[] Models(IEnumerable<PolicyDocument> documents, List<string> faults)
    {
        var all = documents.SelectMany(document => document.Models.Select(pattern => (Pattern: pattern, Policy: document.Name))).ToList();
        foreach (var twice in all.GroupBy(pair => pair.Pattern, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            faults.Add($"Models: '{twice.Key}' is claimed by {string.Join(" and ", twice.Select(pair => pair.Policy + ".json"))}. Leave it to one of them.");
        }

        // A name before a pattern, a longer pattern before a shorter one.
        return [.. all.OrderBy(pair => pair.Pattern.Contains('*', StringComparison.Ordinal)).ThenByDescending(pair => pair.Pattern.Length).ThenBy(pair => pair.Pattern, StringComparer.Ordinal)];
    }

    private static string[] Notes(IEnumerable<PolicyDocument> documents, PolicyCompiler compiler) =>
    [
        .. documents.OrderBy(document => document.Name, StringComparer.Ordinal).SelectMany(document => compiler
            .Merge([new PolicyLayer(PolicyLevel.Default, document.Name)])
            .Where(pair => pair.Value.Overruled is not null)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{document.At(pair.Key)}: {pair.Key}: {pair.Value.File} prevails with {pair.Value.Value} over {pair.Value.Overruled}, which is weaker.")),
    ];
}
