using System.Text;
using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>Names places in a JSON body, for records: <c>messages[3].content[0].text</c>.</summary>
internal static class JsonPath
{
    /// <summary>Longest path written, UTF-16 units; names of properties come from outside.</summary>
    private const int Longest = 200;

    /// <summary>The path of the token that starts at a byte offset. Walks the body again: meant for findings, which are few.</summary>
    public static string Of(ReadOnlySpan<byte> json, int tokenStart)
    {
        if (tokenStart < 0) return tokenStart switch { TextField.QueryToken => "query", TextField.PathToken => "path", _ => "text" };
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000, AllowMultipleValues = true });
        var places = new Stack<(string Prefix, int Index, bool IsArray)>();
        var name = "";
        var next = 0;
        while (reader.Read())
        {
            var atToken = reader.TokenStartIndex >= tokenStart;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                var prefix = places.Count == 0 ? "" : places.Peek().Prefix;
                // A name that was itself the finding is not repeated: records do not quote what they judge.
                if (atToken) return Cut(prefix + "{name}");
                name = prefix.Length == 0 ? reader.GetString()! : $"{prefix}.{reader.GetString()}";
                continue;
            }

            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                places.Pop();
                continue;
            }

            if (places.Count > 0 && places.Peek().IsArray)
            {
                var array = places.Pop();
                next = array.Index;
                places.Push(array with { Index = next + 1 });
                name = $"{array.Prefix}[{next}]";
            }

            if (atToken) return Cut(name);
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                places.Push((name, 0, reader.TokenType == JsonTokenType.StartArray));
            }
        }

        return Cut(name);
    }

    private static string Cut(string path)
    {
        if (path.Length <= Longest) return path;
        return new StringBuilder(path, 0, Longest, Longest + 1).Append('…').ToString();
    }
}
