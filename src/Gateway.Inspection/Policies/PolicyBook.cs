using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.IO.Enumeration;

namespace Gateway.Inspection.Policies;

/// <summary>
/// Every policy of an epoch, and how they come together for an exchange: tenant, route, model and key each may name one; of each
/// value the last that is written counts, and the mandatory base (<c>base.json</c>, where there is one) is what nobody can weaken.
/// Immutable; what was put together once is kept.
/// </summary>
public sealed class PolicyBook
{
    /// <summary>The policy that binds all others.</summary>
    public const string BaseName = "base";

    /// <summary>The policy of everything that names none.</summary>
    public const string DefaultName = "default";

    /// <summary>Joins the names of policies that apply together.</summary>
    public const char Joint = '+';

    private readonly PolicyCompiler? _compiler;
    private readonly FrozenDictionary<string, PolicyDocument> _documents;
    private readonly (string Pattern, string Policy)[] _models;
    private readonly ConcurrentDictionary<(string? Tenant, string Route, string? Model, string? Key), Policy> _resolved = new();
    private readonly ConcurrentDictionary<string, Policy> _joined = new(StringComparer.OrdinalIgnoreCase);

    internal PolicyBook(
        FrozenDictionary<string, PolicyDocument> documents, PolicyCompiler compiler, (string Pattern, string Policy)[] models, IReadOnlyList<string> notes, string version)
    {
        (_documents, _compiler, _models, Notes, Version) = (documents, compiler, models, notes, version);
        Policies = documents.Values.ToFrozenDictionary(
            document => document.Name, document => compiler.Compile(document.Name, compiler.Merge([new PolicyLayer(PolicyLevel.Default, document.Name)])), StringComparer.OrdinalIgnoreCase);
    }

    private PolicyBook(IEnumerable<Policy> policies)
    {
        (_documents, _models, Notes, Version) = (FrozenDictionary<string, PolicyDocument>.Empty, [], [], "");
        Policies = policies.ToFrozenDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Policies that come from no files: each stands for itself.</summary>
    /// <param name="policies">The policies.</param>
    public static PolicyBook Of(params IEnumerable<Policy> policies) => new(policies);

    /// <summary>Each policy by itself, the base included.</summary>
    public FrozenDictionary<string, Policy> Policies { get; }

    /// <summary>A hash of the files' names and contents.</summary>
    public string Version { get; }

    /// <summary>There is a base.</summary>
    public bool HasBase => _documents.ContainsKey(BaseName);

    /// <summary>Some policy is for models.</summary>
    public bool HasModels => _models.Length > 0;

    /// <summary>What a file says that is weaker than the base and therefore does not count, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The policy that is for a model.</summary>
    /// <param name="model">Name of the model, as the request says it.</param>
    /// <returns><see langword="null"/> where there is none.</returns>
    public string? ForModel(string? model)
    {
        if (model is null) return null;
        foreach (var (pattern, policy) in _models)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, model)) return policy;
        }

        return null;
    }

    /// <summary>The policy of an exchange.</summary>
    /// <param name="tenant">The policy that the tenant names, if any.</param>
    /// <param name="route">The policy that the route names.</param>
    /// <param name="model">The policy of the model (<see cref="ForModel"/>), if any.</param>
    /// <param name="key">The policy that the client key names, if any.</param>
    public Policy Resolve(string? tenant, string route, string? model, string? key)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (tenant is null && model is null && key is null) return Policies[route];
        var path = (tenant, route, model, key);
        return _resolved.TryGetValue(path, out var known)
            ? known
            : _resolved.GetOrAdd(path, static (each, book) => book.Compile(LayersOf(each.Tenant, each.Route, each.Model, each.Key)), this);
    }

    /// <summary>A policy by the name that records give it: one name, or several joined.</summary>
    /// <param name="name">The name.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>False where one of the names is unknown.</returns>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Policy? policy)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Policies.TryGetValue(name, out policy) || _joined.TryGetValue(name, out policy)) return true;
        var names = name.Split(Joint);
        if (names.Length is < 2 or > 5 || !names.All(Policies.ContainsKey)) return false;
        policy = Compile([.. names.Select(each => new PolicyLayer(PolicyLevel.Key, each))]);
        if (_joined.Count < 1000) _joined[name] = policy;
        return true;
    }

    /// <summary>The layers that come together, in order. A route that names <c>default</c> names nothing in particular: it comes before the tenant.</summary>
    /// <param name="tenant">The policy that the tenant names, if any.</param>
    /// <param name="route">The policy that the route names.</param>
    /// <param name="model">The policy of the model, if any.</param>
    /// <param name="key">The policy that the client key names, if any.</param>
    public static IReadOnlyList<PolicyLayer> LayersOf(string? tenant, string route, string? model, string? key)
    {
        var layers = new List<PolicyLayer>(4);
        var isDefault = string.Equals(route, DefaultName, StringComparison.OrdinalIgnoreCase);
        if (isDefault) layers.Add(new PolicyLayer(PolicyLevel.Default, DefaultName));
        if (tenant is not null) layers.Add(new PolicyLayer(PolicyLevel.Tenant, tenant));
        if (!isDefault) layers.Add(new PolicyLayer(PolicyLevel.Route, route));
        if (model is not null) layers.Add(new PolicyLayer(PolicyLevel.Model, model));
        if (key is not null) layers.Add(new PolicyLayer(PolicyLevel.Key, key));
        return layers;
    }

    /// <summary>Where each value in force comes from.</summary>
    /// <param name="layers">The layers, each a policy that exists.</param>
    public IReadOnlyList<PolicyRow> Explain(IReadOnlyList<PolicyLayer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (_compiler is null) throw new InvalidOperationException("These policies come from no files.");
        var leaves = _compiler.Merge(layers);
        var rows = new List<PolicyRow>();
        foreach (var key in PolicyKeys.All)
        {
            if (key.Path.StartsWith("Thresholds", StringComparison.Ordinal)) continue;
            if (key.Path.StartsWith("Tiers", StringComparison.Ordinal) || key.Path.StartsWith("Actions", StringComparison.Ordinal))
            {
                var ending = key.Path.Split(':') is [_, _, var tier] ? ":" + tier : "";
                var section = key.Path.Split(':')[0];
                rows.AddRange(leaves.Where(pair => pair.Key.Contains($":{section}:", StringComparison.Ordinal) && pair.Key.EndsWith(ending, StringComparison.Ordinal)
                    && (ending.Length > 0 || pair.Key.Split(':').Length == 3)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Row(pair.Key, pair.Value)));
                continue;
            }

            string[] places = key.Path.EndsWith(":*", StringComparison.Ordinal) ? [.. PolicyKeys.NamesIn(key.Path[..^2]).Select(name => $"{key.Path[..^2]}:{name}")] : [key.Path];
            foreach (var place in places) rows.Add(leaves.TryGetValue(place, out var leaf) ? Row(place, leaf) : new PolicyRow(place, BuiltIn(key, place), "built in", null));
        }

        foreach (var direction in PolicyKeys.Directions)
        {
            foreach (var label in _compiler.LabelsOf(leaves.Keys).Order(StringComparer.Ordinal))
            {
                var all = _compiler.ThresholdOf(direction, label, place => leaves.TryGetValue(place, out var leaf) ? leaf.Value.Number : null);
                foreach (var (part, value) in (ReadOnlySpan<(string, float)>)[("Block", all.Block), ("Label", all.Label), ("Cut", all.Cut)])
                {
                    var place = $"{direction}:Thresholds:{label}:{part}";
                    rows.Add(leaves.TryGetValue(place, out var leaf) ? Row(place, leaf) with { Value = new PolicyValue(null, value).ToString() } : new PolicyRow(place, new PolicyValue(null, value).ToString(), "model", null));
                }
            }
        }

        return rows;
    }

    private static string BuiltIn(PolicyKey key, string place) =>
        key.Path == "PersonalData:*" ? Policy.DefaultPersonalData[place["PersonalData:".Length..]].ToString() : key.Default ?? "as the settings say";

    private static PolicyRow Row(string place, PolicyLeaf leaf) =>
        new(place, leaf.Value.ToString(), leaf.Level is { } level ? $"{leaf.File} ({level.ToString().ToLowerInvariant()})" : "built in", leaf.Overruled);

    private Policy Compile(IReadOnlyList<PolicyLayer> layers) => _compiler!.Compile(string.Join(Joint, layers.Select(layer => layer.Name)), _compiler.Merge(layers));
}
