using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>Whether a string that may be shown to people is (<see cref="ShapeRule.ShownIf"/>): what stands beside it decides.</summary>
internal static class ShownText
{
    /// <summary>Looks at the object that a string belongs to.</summary>
    /// <param name="json">The body or event, valid JSON.</param>
    /// <param name="rule">The rule of the string's place.</param>
    /// <param name="tokenStart">Offset of the string's opening quote.</param>
    public static bool Is(ReadOnlySpan<byte> json, ShapeRule rule, int tokenStart)
    {
        if (!rule.IsShown) return false;
        if (rule.ShownIf is not { } condition) return true;
        var at = condition.IndexOf(':', StringComparison.Ordinal);
        return Beside(json, condition[..at], tokenStart) == condition[(at + 1)..];
    }

    /// <summary>The member with a name in the object that holds a string; empty when it is absent, null or false.</summary>
    private static string Beside(ReadOnlySpan<byte> json, string name, int tokenStart)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1024, AllowMultipleValues = true });
        var values = new Stack<string>();
        var depth = -1;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    values.Push("");
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    var value = values.Pop();
                    if (values.Count + 1 == depth) return value;
                    break;
                case JsonTokenType.PropertyName when reader.ValueTextEquals(name):
                    reader.Read();
                    if (reader.TokenStartIndex == tokenStart) depth = values.Count;
                    if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    {
                        values.Push("");
                        break;
                    }

                    values.Pop();
                    values.Push(reader.TokenType switch
                    {
                        JsonTokenType.String => TextOf(reader.ValueSpan),
                        JsonTokenType.True => "true",
                        _ => "",
                    });
                    break;
                default:
                    if (reader.TokenStartIndex == tokenStart) depth = values.Count;
                    break;
            }
        }

        return "";
    }

    private static string TextOf(ReadOnlySpan<byte> token)
    {
        Span<char> characters = token.Length <= 256 ? stackalloc char[256] : new char[token.Length];
        return new string(characters[..JsonStringBytes.Unescape(token, characters)]);
    }
}
