using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>The query of a request is forwarded, so it is judged: names and values, but for those that are known to be no text.</summary>
internal static class QueryText
{
    /// <summary>Parameters that are no text while they look like identifiers, with what they are.</summary>
    private static readonly Dictionary<string, string> Structural = new(StringComparer.Ordinal)
    {
        ["api-version"] = "Azure: version of the API",
        ["alt"] = "Gemini: form of the answer",
        ["$alt"] = "Gemini: form of the answer",
        ["key"] = "Gemini: the caller's credential",
        ["beta"] = "Anthropic: a switch",
        ["stream"] = "a switch",
        ["limit"] = "a number",
        ["order"] = "a constant",
        ["after"] = "identifier",
        ["starting_after"] = "a number",
        ["include_obfuscation"] = "a switch",
    };

    /// <summary>Adds the query to the texts of a request.</summary>
    public static void Add(HttpRequest request, ScannedJson scanned)
    {
        if (!request.QueryString.HasValue) return;
        foreach (var (name, values) in request.Query)
        {
            var isKnown = Structural.ContainsKey(name);
            if (!isKnown) Add(name, scanned);
            foreach (var value in values)
            {
                if (value is not null && !(isKnown && IsIdentifier(value))) Add(value, scanned);
                if (name == "stream" && request.Method == HttpMethods.Get) scanned.IsStream = value == "true";
                if (name == "alt" && value == "sse") scanned.IsEventStream = true;
            }
        }
    }

    private static bool IsIdentifier(string value) => value.Length <= JsonTextScanner.StructuralBytes && value.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;

    private static void Add(string text, ScannedJson scanned) =>
        JsonTextScanner.AddText(System.Text.Encoding.UTF8.GetBytes(text), ShapeNode.Unknown, TextField.QueryToken, scanned);
}
