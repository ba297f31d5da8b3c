using Yarp.ReverseProxy.Transforms;

namespace Gateway.Proxy;

/// <summary>Where clients put their keys, by the habit of each API; and the exchange of that key for the provider's.</summary>
internal static class Credentials
{
    private const string Scheme = "Bearer ";
    private const string QueryName = "key";

    /// <summary>Headers that hold keys, by the habit of each API.</summary>
    public static readonly string[] KeyHeaders = ["x-api-key", "api-key", "x-goog-api-key"];

    /// <summary>Everything that may be a key, the likeliest first.</summary>
    public static IEnumerable<string> Presented(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) yield return authorization[Scheme.Length..].Trim();
        foreach (var header in KeyHeaders)
        {
            if (request.Headers.TryGetValue(header, out var values) && values.ToString() is { Length: > 0 } key) yield return key.Trim();
        }

        if (request.Query.TryGetValue(QueryName, out var inQuery) && inQuery.ToString() is { Length: > 0 } parameter) yield return parameter;
    }

    /// <summary>Takes what the client showed out of the request to the model server, wherever it stands, and puts the provider's key in.</summary>
    public static void Exchange(RequestTransformContext context, Exchange exchange)
    {
        if (exchange.Client is not { } client) return;
        var headers = context.ProxyRequest.Headers;
        List<string> telling = ["Authorization", .. KeyHeaders];
        foreach (var header in headers.NonValidated)
        {
            foreach (var value in header.Value)
            {
                if (value.Contains(client.Presented, StringComparison.Ordinal)) telling.Add(header.Key);
            }
        }

        foreach (var name in telling) headers.Remove(name);
        context.Query.Collection.Remove(QueryName);
        foreach (var pair in context.Query.Collection.ToArray())
        {
            if (pair.Value.ToString().Contains(client.Presented, StringComparison.Ordinal)) context.Query.Collection.Remove(pair.Key);
        }

        if (client.Tenant.Provider is not { } provider) return;
        var into = provider.Header ?? HeaderOf(exchange.Protocol.Name);
        var secret = provider.Secret.Value;
        headers.TryAddWithoutValidation(into, into.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && !secret.Contains(' ', StringComparison.Ordinal) ? Scheme + secret : secret);
    }

    private static string HeaderOf(string protocol) => protocol switch
    {
        "anthropic" => "x-api-key",
        "gemini" => "x-goog-api-key",
        _ => "Authorization",
    };
}
