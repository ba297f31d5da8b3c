using System.Collections;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Configuration;
using Gateway.Tenants;

namespace Gateway.Admin;

/// <summary>Opens the admin API to whoever shows a key of the keys file or a token of the configured issuer, and to nobody else.</summary>
internal sealed class AdminDoor(AdminKeys keys, GatewayOptions options) : IDisposable
{
    private readonly AdminJwtOptions _jwt = options.Admin.Jwt;
    private readonly IssuerTokens? _tokens = options.Admin.Jwt is { IsConfigured: true } jwt ? new IssuerTokens(jwt.Authority!, jwt.Audience, jwt.RequireHttps) : null;

    /// <summary>Who calls.</summary>
    /// <returns><see langword="null"/> for a stranger.</returns>
    /// <exception cref="InvalidOperationException">A token is shown and the issuer's keys cannot be fetched.</exception>
    public async ValueTask<AdminIdentity?> OfAsync(HttpRequest request)
    {
        if (AdminKeys.Presented(request) is not { } presented) return null;
        if (keys.Of(presented) is { } known) return new AdminIdentity(known.Name, [known.Role]);
        if (_tokens is null || !_tokens.MayRead(presented) || await _tokens.ReadAsync(presented, request.HttpContext.RequestAborted) is not { } claims) return null;
        return IssuerTokens.Text(claims, _jwt.NameClaim) is { } name ? new AdminIdentity(name, RolesOf(claims)) : null;
    }

    public void Dispose() => _tokens?.Dispose();

    private List<string> RolesOf(IDictionary<string, object> claims)
    {
        var roles = new List<string>();
        foreach (var value in Values(claims, _jwt.RoleClaim))
        {
            // Without a table a value is a role by its own name; with one nothing else counts.
            var role = _jwt.Roles.Count == 0 ? value : _jwt.Roles.GetValueOrDefault(value);
            if (role is not null && AdminRoles.All.Contains(role, StringComparer.Ordinal) && !roles.Contains(role)) roles.Add(role);
        }

        return roles;
    }

    private static IEnumerable<string> Values(IDictionary<string, object> claims, string path)
    {
        if (claims.TryGetValue(path, out var value)) return Texts(value);
        var parts = path.Split('.');
        if (parts.Length == 1 || !claims.TryGetValue(parts[0], out value)) return [];
        var element = value is JsonElement given ? given : value is string text && text.StartsWith('{') ? JsonSerializer.Deserialize<JsonElement>(text) : default;
        foreach (var part in parts.Skip(1))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out element)) return [];
        }

        return Texts(element);
    }

    private static IEnumerable<string> Texts(object value) => value switch
    {
        string text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        JsonElement { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().SelectMany(each => Texts(each)),
        JsonElement { ValueKind: JsonValueKind.String } text => Texts(text.GetString()!),
        IEnumerable list => list.Cast<object>().SelectMany(Texts),
        _ => [],
    };
}
