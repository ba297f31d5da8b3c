using System.Text.Json;

namespace Gateway.Audit;

/// <summary>Finds what a model server counted: the numbers of the member <c>usage</c>, whatever their names.</summary>
internal static class UsageReader
{
    private const int MostNumbers = 16;

    /// <summary>The numbers of the first member <c>usage</c> that is an object; <see langword="null"/> where there is none.</summary>
    public static Dictionary<string, long>? Read(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\"usage\""u8) < 0) return null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000, AllowMultipleValues = true });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("usage"u8)) continue;
                if (reader.Read() && reader.TokenType == JsonTokenType.StartObject) return Numbers(ref reader);
            }
        }
        catch (JsonException)
        {
            // A body that is not JSON to its end has been judged as what it is; its counts are not worth a fault.
        }

        return null;
    }

    private static Dictionary<string, long>? Numbers(ref Utf8JsonReader reader)
    {
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        var name = "";
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth && numbers.Count < MostNumbers)
        {
            if (reader.TokenType == JsonTokenType.PropertyName) name = reader.GetString()!;
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && IsName(name)) numbers[name] = number;
        }

        return numbers.Count == 0 ? null : numbers;
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 64 && name.All(character => char.IsAsciiLetterLower(character) || character == '_');
}
