using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Inspection.Lexicons;

namespace Gateway.Commands;

/// <summary>What the lexicon commands share.</summary>
internal static class LexiconOutput
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one line of JSON.</summary>
    public static void Write(TextWriter output, JsonObject json) => output.WriteLine(json.ToJsonString(Readable));

    public static JsonObject Counts<TKey>(IEnumerable<KeyValuePair<TKey, int>> counts)
        where TKey : notnull =>
        new(counts.Select(pair => KeyValuePair.Create(Convert.ToString(pair.Key, System.Globalization.CultureInfo.InvariantCulture)!, (JsonNode?)pair.Value)));

    public static JsonArray Array(IEnumerable<JsonNode?> items) => new([.. items]);

    public static JsonArray Words(IEnumerable<string> words) => Array(words.Select(word => (JsonNode?)word));

    /// <summary>Name, label and dates of a lexicon, for people.</summary>
    public static string Title(Lexicon lexicon)
    {
        var manifest = lexicon.Manifest;
        var name = manifest?.Name is { } given ? $"{given} {manifest.Label}".TrimEnd() + ", " : "";
        var dated = lexicon.Dated is { } date ? $", of {date.UtcDateTime:yyyy-MM-dd}{(manifest?.Dated is null ? " by its newest file" : "")}" : "";
        return $"{name}version {lexicon.Version}{dated}";
    }

    /// <summary>The same as members.</summary>
    public static JsonObject Describe(Lexicon lexicon) => new()
    {
        ["version"] = lexicon.Version,
        ["name"] = lexicon.Manifest?.Name,
        ["label"] = lexicon.Manifest?.Label,
        ["dated"] = lexicon.Dated?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>Loads a lexicon, or says what is wrong with it.</summary>
    /// <returns><see langword="null"/> with an exit code when it cannot be used.</returns>
    public static Lexicon? Load(string directory, TextWriter error, out int exit)
    {
        var reading = LexiconLoader.Read(directory);
        exit = !reading.IsWhole ? LexiconExit.Unreadable : reading.Faults.Count > 0 ? LexiconExit.Bad : LexiconExit.Good;
        if (exit == LexiconExit.Good) return reading.Lexicon;
        error.WriteLine($"gateway: {new LexiconException(reading.Faults).Message}");
        return null;
    }
}
