using System.Text.Json;

namespace Gateway.Protocols;

/// <summary>Looks at a member that stands beside a string, before or after it, because it decides what the string is.</summary>
internal static class MemberBeside
{
    /// <summary>Whether an object has a member with a value: <c>NAME:VALUE</c>.</summary>
    /// <param name="json">The body or event.</param>
    /// <param name="start">Offset of the object's brace.</param>
    /// <param name="condition">Name and value.</param>
    public static bool Is(ReadOnlySpan<byte> json, int start, ReadOnlySpan<char> condition)
    {
        var colon = condition.IndexOf(':');
        var name = condition[..colon];
        var value = condition[(colon + 1)..];
        var reader = new Utf8JsonReader(json[start..], new JsonReaderOptions { MaxDepth = 1024, AllowMultipleValues = true });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isIt = reader.ValueTextEquals(name);
                reader.Read();
                if (isIt) return reader.TokenType == JsonTokenType.String ? reader.ValueTextEquals(value) : reader.TokenType == JsonTokenType.True && value is "true";
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Whoever reads the body will come to the fault and say where it is.
        }

        return false;
    }
}
