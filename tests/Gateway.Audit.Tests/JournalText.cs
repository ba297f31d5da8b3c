using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Audit.Tests;

/// <summary>The journal read the way an auditor's expert would: by the documented format alone, without our reader.</summary>
internal static class JournalText
{
    public static string[] Segments(string directory) =>
        [.. Directory.GetFiles(directory, "journal-*.ndjson").Order(StringComparer.Ordinal)];

    public static List<(string Hash, string Json)> Lines(string directory)
    {
        var lines = new List<(string, string)>();
        foreach (var segment in Segments(directory))
        {
            var text = File.ReadAllText(segment);
            Assert.True(text.Length == 0 || text[^1] == '\n', segment);
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries)) lines.Add((line[..64], line[65..]));
        }

        return lines;
    }

    /// <summary>Recomputes every hash and link; returns the entries.</summary>
    public static List<JsonElement> CheckChain(string directory)
    {
        var previous = Sha256(File.ReadAllText(Path.Combine(directory, "instance")));
        var entries = new List<JsonElement>();
        foreach (var (hash, json) in Lines(directory))
        {
            Assert.Equal(Sha256(json), hash);
            var entry = JsonDocument.Parse(json).RootElement;
            Assert.Equal(entries.Count + 1, entry.GetProperty("seq").GetInt64());
            Assert.Equal(previous, entry.GetProperty("prevHash").GetString());
            Assert.StartsWith("{\"seq\":" + (entries.Count + 1) + ",\"prevHash\":\"" + previous + "\",\"time\":\"", json, StringComparison.Ordinal);
            previous = hash;
            entries.Add(entry);
        }

        return entries;
    }

    public static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
