using Gateway.Protocols;

namespace Gateway.Proxy;

/// <summary>
/// The address of a request is forwarded, so it is judged: the query's names and values, and names in the path. What is known to be no text is
/// judged as an identifier.
/// </summary>
internal static class AddressText
{
    /// <summary>Parameters that are no text while they look like identifiers, with what they are.</summary>
    private static readonly Dictionary<string, string> Structural = new(StringComparer.Ordinal)
    {
        ["api-version"] = "Azure: version of the API",
        ["alt"] = "Gemini: form of the answer",
        ["$alt"] = "Gemini: form of the answer",
        [Credential] = "Gemini: the caller's credential",
        ["beta"] = "Anthropic: a switch",
        ["stream"] = "a switch",
        ["limit"] = "a number",
        ["order"] = "a constant",
        ["after"] = "identifier",
        ["starting_after"] = "a number",
        ["include_obfuscation"] = "a switch",
    };

    private const string Credential = "key";

    /// <summary>Adds path and query to the texts of a request.</summary>
    public static void Add(HttpRequest request, Operation operation, ScannedJson scanned)
    {
        // A path that is claimed letter by letter holds no name.
        if (operation.Paths.Length == 0 || Array.Exists(operation.Paths, static path => path.Contains('{', StringComparison.Ordinal))) AddIdentifier(request.Path.Value!, TextField.PathToken, scanned);
        if (!request.QueryString.HasValue) return;
        foreach (var (name, values) in request.Query)
        {
            var isKnown = Structural.ContainsKey(name);
            if (!isKnown) Add(name, scanned);
            foreach (var value in values)
            {
                if (value is null) continue;
                if (!isKnown) Add(value, scanned);
                else if (name != Credential || !IsIdentifier(value)) AddIdentifier(value, TextField.QueryToken, scanned);
                if (name == "stream" && request.Method == HttpMethods.Get) scanned.IsStream = value == "true";
                if (name == "alt" && value == "sse") scanned.IsEventStream = true;
            }
        }
    }

    private static bool IsIdentifier(string value) => value.Length <= JsonTextScanner.StructuralBytes && value.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;

    private static void AddIdentifier(string text, int token, ScannedJson scanned)
    {
        if (IsIdentifier(text)) scanned.AddIdentifier(System.Text.Encoding.UTF8.GetBytes(text), -1, token);
        else JsonTextScanner.AddText(System.Text.Encoding.UTF8.GetBytes(text), ShapeNode.Unknown, token, scanned);
    }

    private static void Add(string text, ScannedJson scanned) =>
        JsonTextScanner.AddText(System.Text.Encoding.UTF8.GetBytes(text), ShapeNode.Unknown, TextField.QueryToken, scanned);
}
