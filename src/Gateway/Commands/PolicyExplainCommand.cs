using Gateway.Configuration;
using Gateway.Inspection.Policies;
using Gateway.Tenants;

namespace Gateway.Commands;

/// <summary><c>gateway policy explain</c>: which policies come together for an exchange, and where each value in force comes from.</summary>
internal sealed class PolicyExplainCommand(PolicyBook book, TenantBook tenants, IConfiguration settings)
{
    /// <summary>Prints the explanation.</summary>
    /// <param name="tenant">Tenant, or without tenant files the policy it would name.</param>
    /// <param name="route">Route of the settings, or the policy it would name.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="key">Id of a client key, or without tenant files the policy it would name.</param>
    /// <param name="asJson">As JSON.</param>
    /// <param name="output">Where to.</param>
    /// <exception cref="ConfigurationException">A name is unknown.</exception>
    public int Run(string? tenant, string? route, string? model, string? key, bool asJson, TextWriter output)
    {
        var who = tenant is null ? null : tenants.Find(tenant);
        var keyed = key is null ? null : tenants.KeyNamed(key);
        if (keyed is { } owned)
        {
            if (who is not null && who != owned.Tenant) throw new ConfigurationException($"The key '{key}' is one of tenant '{owned.Tenant.Name}', not of '{tenant}'.");
            who = owned.Tenant;
        }

        var tenantPolicy = who is not null ? who.Policy : tenant is null ? null : Known("tenant", tenant);
        var keyPolicy = keyed is { } named ? named.Key.Policy : key is null ? null : Known("key", key);
        var routePolicy = RoutePolicy(route);
        var modelPolicy = who?.ForModel(model) ?? book.ForModel(model);
        var layers = PolicyBook.LayersOf(tenantPolicy, routePolicy, modelPolicy, keyPolicy);
        var rows = book.Explain(layers);
        if (asJson) LexiconOutput.Write(output, PolicyExplanation.ToJson(book, layers));
        else Write(layers, rows, output);
        return PolicyExit.Good;
    }

    private string RoutePolicy(string? route)
    {
        if (route is null) return PolicyBook.DefaultName;
        if (settings[$"ReverseProxy:Routes:{route}:Metadata:Policy"] is { Length: > 0 } named)
        {
            return book.Policies.ContainsKey(named)
                ? named
                : throw new ConfigurationException($"The route '{route}' has the policy '{named}', which is {(named == EpochSource.NoPolicy ? "the word for passing unjudged" : "not in the policy directory")}.");
        }

        return Known("route", route);
    }

    private string Known(string what, string name) => book.Policies.TryGetValue(name, out var policy)
        ? policy.Name
        : throw new ConfigurationException($"--{what} '{name}' is neither a {what} of the settings nor a policy. Policies are {string.Join(", ", book.Policies.Keys.Order(StringComparer.Ordinal))}.");

    private void Write(IReadOnlyList<PolicyLayer> layers, IReadOnlyList<PolicyRow> rows, TextWriter output)
    {
        output.WriteLine($"policy {string.Join(PolicyBook.Joint, layers.Select(layer => layer.Name))}");
        if (book.HasBase) output.WriteLine("  base     base.json, which nothing can weaken");
        foreach (var layer in layers) output.WriteLine($"  {layer.Level.ToString().ToLowerInvariant(),-8} {layer.Name}.json");
        output.WriteLine();
        var width = Math.Min(52, rows.Max(row => row.Key.Length));
        foreach (var row in Joined(rows))
        {
            output.WriteLine($"{row.Key.PadRight(width)}  {row.Value,-10}  {row.Source}{(row.Overruled is null ? "" : $", over {row.Overruled}")}");
        }
    }

    /// <summary>What holds for both directions alike is said once.</summary>
    private static IEnumerable<PolicyRow> Joined(IReadOnlyList<PolicyRow> rows)
    {
        var byKey = rows.ToDictionary(row => row.Key, StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (row.Key.StartsWith("Prompt:", StringComparison.Ordinal) && byKey.GetValueOrDefault("Response:" + row.Key[7..]) is { } other && other with { Key = row.Key } == row)
                yield return row with { Key = row.Key[7..] };
            else if (!row.Key.StartsWith("Response:", StringComparison.Ordinal) || byKey.GetValueOrDefault("Prompt:" + row.Key[9..]) is not { } twin || twin with { Key = row.Key } != row)
                yield return row;
        }
    }
}
