using System.Text.Json;

namespace Gateway.Audit;

/// <summary>
/// Finds what a model server counted: the numbers of the member <c>usage</c> (Gemini: <c>usageMetadata</c>), whatever their names, or
/// those that Ollama writes beside the answer.
/// </summary>
internal static class UsageReader
{
    private const int MostNumbers = 16;
    private const int LongestName = 64;

    /// <summary>Takes the numbers of the first such member that is an object.</summary>
    /// <param name="json">A body, or one event of a stream.</param>
    /// <param name="known">What earlier events told; later numbers replace those of the same name in it. Some servers count in every
    /// event: after the first, nothing is allocated.</param>
    /// <returns><paramref name="known"/>, or what was found; <see langword="null"/> where there is neither.</returns>
    public static Dictionary<string, long>? Read(ReadOnlySpan<byte> json, Dictionary<string, long>? known = null)
    {
        var countsBeside = json.IndexOf("eval_count\""u8) >= 0;
        if (!countsBeside && json.IndexOf("\"usage"u8) < 0) return known;
        try
        {
            // Most answers are long texts with a few counts behind: where those begin is found without reading the texts again.
            if (!countsBeside && !json.IsEmpty && json[0] == (byte)'{')
            {
                if (ObjectStart(json) is not (>= 0 and var start)) return known;
                var counts = new Utf8JsonReader(json[start..], new JsonReaderOptions { MaxDepth = 1000, AllowMultipleValues = true });
                if (counts.Read()) TakeNumbers(ref counts, ref known);
                return known;
            }

            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000, AllowMultipleValues = true });
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                if (reader.CurrentDepth == 1 && (reader.ValueTextEquals("eval_count"u8) || reader.ValueTextEquals("prompt_eval_count"u8)))
                {
                    var name = reader.ValueTextEquals("eval_count"u8) ? "eval_count" : "prompt_eval_count";
                    if (reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number)) Set(ref known, name, number);
                    continue;
                }

                if (!reader.ValueTextEquals("usage"u8) && !reader.ValueTextEquals("usageMetadata"u8)) continue;
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) continue;
                TakeNumbers(ref reader, ref known);
                return known;
            }
        }
        catch (JsonException)
        {
            // A body that is not JSON to its end has been judged as what it is; its counts are not worth a fault.
        }

        return known;
    }

    /// <summary>
    /// Where the value of the first such member begins, if it is an object. In JSON a quotation mark within a string has a backslash before
    /// it, so any other begins or ends a string, and what ends one is not followed by a letter.
    /// </summary>
    private static int ObjectStart(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> space = " \t\r\n"u8;
        var at = 0;
        while (json[at..].IndexOf("\"usage"u8) is >= 0 and var next)
        {
            var name = at + next;
            at = name + 1;
            if (json[name - 1] == (byte)'\\') continue;
            var rest = json[(name + "\"usage"u8.Length)..];
            if (rest.StartsWith("Metadata"u8)) rest = rest["Metadata"u8.Length..];
            if (!rest.StartsWith("\""u8)) continue;
            rest = rest[1..].TrimStart(space);
            if (!rest.StartsWith(":"u8)) continue;
            rest = rest[1..].TrimStart(space);
            if (rest.StartsWith("{"u8)) return json.Length - rest.Length;
        }

        return -1;
    }

    private static void TakeNumbers(ref Utf8JsonReader reader, ref Dictionary<string, long>? numbers)
    {
        Span<char> name = stackalloc char[LongestName];
        var length = 0;
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName) length = TakeName(ref reader, name);
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && length > 0) Set(ref numbers, name[..length], number);
        }
    }

    private static void Set(ref Dictionary<string, long>? numbers, ReadOnlySpan<char> name, long number)
    {
        numbers ??= new Dictionary<string, long>(StringComparer.Ordinal);
        var byName = numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        if (numbers.Count < MostNumbers || byName.ContainsKey(name)) byName[name] = number;
    }

    /// <returns>Its length; 0 where it is not a name of a count.</returns>
    private static int TakeName(ref Utf8JsonReader reader, scoped Span<char> name)
    {
        if (reader.ValueIsEscaped || reader.ValueSpan.Length > LongestName) return 0;
        var length = 0;
        foreach (var letter in reader.ValueSpan)
        {
            if (!char.IsAsciiLetter((char)letter) && letter != '_') return 0;
            name[length++] = (char)letter;
        }

        return length;
    }
}
