using System.Globalization;
using System.Text.Json;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Lexicons;

/// <summary>Reads a lexicon's manifest and notes every fault with its line.</summary>
internal sealed class LexiconManifestReader(List<LexiconFault> faults, List<LexiconFault> warnings)
{
    private const int MaxText = 4096;

    private static readonly string[] Keys = ["name", "version", "issued", "updated", "description", "source", "licence", "license"];

    private static readonly string[] DateForms =
    [
        "yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK",
    ];

    public LexiconManifest? Read(LexiconFile file)
    {
        var bytes = file.Content.Span;
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        var before = faults.Count;
        try
        {
            var manifest = ReadObject(file.Name, bytes);
            return faults.Count == before ? manifest : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid UTF-8 or has half a surrogate pair.
            var line = fault is JsonException { LineNumber: { } number } ? (int)number + 1 : 0;
            faults.Add(new(file.Name, line, "is not valid JSON; write one object, such as {\"name\": \"…\", \"version\": \"1\", \"updated\": \"2026-11-24\"}."));
            return null;
        }
    }

    private LexiconManifest ReadObject(string file, ReadOnlySpan<byte> bytes)
    {
        var manifest = new LexiconManifest();
        var json = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            faults.Add(new(file, 1, "a manifest is a JSON object with keys such as name, version and updated."));
            return manifest;
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var line = bytes[..(int)json.TokenStartIndex].Count((byte)'\n') + 1;
            var name = json.GetString()!;
            var key = Array.Find(Keys, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
            json.Read();
            if (!seen.Add(name)) faults.Add(new(file, line, $"has the key '{Shown(name)}' twice; remove one."));
            if (key is null) NoteUnknown(file, line, name);
            else if (json.TokenType != JsonTokenType.String) faults.Add(new(file, line, $"{key} must be a text in quotes."));
            else manifest = With(manifest, file, line, key, json.GetString()!);
            json.Skip();
        }

        // Reading on to the end finds what stands after the object.
        while (json.Read())
        {
        }

        return manifest;
    }

    /// <summary>A slip of the pen would silently lose a date; what resembles no key is somebody's own note.</summary>
    private void NoteUnknown(string file, int line, string name)
    {
        if (Spelling.TryNearest(name, Keys, out var nearest)) faults.Add(new(file, line, $"unknown key '{Shown(name)}'; did you mean '{nearest}'?"));
        else warnings.Add(new(file, line, $"the key '{Shown(name)}' means nothing here; known are {string.Join(", ", Keys)}."));
    }

    private LexiconManifest With(LexiconManifest manifest, string file, int line, string key, string value)
    {
        value = value.Trim();
        if (value.Length is 0 or > MaxText)
        {
            faults.Add(new(file, line, value.Length == 0 ? $"{key} is empty; fill it in or leave it out." : $"{key} is longer than {MaxText} characters; shorten it."));
            return manifest;
        }

        switch (key)
        {
            case "name": return manifest with { Name = value };
            case "version": return manifest with { Label = value };
            case "description": return manifest with { Description = value };
            case "source": return manifest with { Source = value };
            case "licence" or "license": return manifest with { Licence = value };
        }

        if (!DateTimeOffset.TryParseExact(value, DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            faults.Add(new(file, line, $"{key} is '{Shown(value)}', which is no date; write 2026-11-24 or 2026-11-24T08:00:00Z."));
            return manifest;
        }

        return key == "issued" ? manifest with { Issued = date } : manifest with { Updated = date };
    }

    private static string Shown(string value) => value.Length <= 64 ? value : value[..64] + "…";
}
