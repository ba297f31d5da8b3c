using System.Text;

namespace Gateway.Benchmarks;

/// <summary>Puts a pattern into one line of a hundred.</summary>
internal static class PlantedText
{
    public const int LinesPerPattern = 100;

    public static Document[] Plant(int seed, IReadOnlyList<string[]> documents, string[] patterns)
    {
        var random = new Random(seed);
        var planted = new Document[documents.Count];
        // The first line of a corpus that is planted, then every hundredth.
        var wait = random.Next(LinesPerPattern);
        for (int i = 0; i < planted.Length; i++)
        {
            string[] lines = [.. documents[i]];
            for (int j = 0; j < lines.Length; j++)
            {
                if (wait-- > 0) continue;
                wait = LinesPerPattern - 1;
                int at = random.Next(lines[j].Length + 1);
                if (at < lines[j].Length && char.IsLowSurrogate(lines[j][at])) at++;
                lines[j] = lines[j].Insert(at, patterns[random.Next(patterns.Length)]);
            }

            planted[i] = Document(lines);
        }

        return planted;
    }

    public static Document Document(string[] lines)
    {
        string text = string.Join('\n', lines) + "\n";
        return new Document(text, Encoding.UTF8.GetBytes(text));
    }
}
