namespace Gateway.Benchmarks;

/// <summary>
/// Patterns of 2 to 8 characters, half Chinese and half English, each the first half of a word joined to the last half of a
/// word of another line: they look like words and begin like words, yet are rare in the texts.
/// </summary>
internal static class PatternList
{
    /// <summary>At most one match in so many characters of each corpus, counted with Hyperscan.</summary>
    public const int CharactersPerMatch = 500;

    /// <summary>At most one match of the same pattern in so many characters of each corpus.</summary>
    private const int CharactersPerPattern = 1_000_000;

    private static readonly int[] ChineseWordLengths = [2, 2, 3, 4, 4, 5, 6, 8];

    public static string[] Make(int seed, int count, IReadOnlyDictionary<string, List<string[]>> corpora)
    {
        var random = new Random(seed * 31 + count);
        string[] chinese = [.. corpora["zh"].SelectMany(lines => lines)], english = [.. corpora["en"].SelectMany(lines => lines)];
        string[][] halves = [[], []];
        while (true)
        {
            // 1. As many as are wanted of either half.
            halves[0] = Fill(halves[0], count / 2, () => Word(random, chinese, ChinesePiece));
            halves[1] = Fill(halves[1], count - count / 2, () => Word(random, english, EnglishPiece));

            // 2. A pattern that is not rare in some corpus goes, for another; so do the most frequent ones where all of them
            // together leave no room for what is planted.
            string[] patterns = [.. halves[0], .. halves[1]];
            var dropped = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (counts, characters, room) in CountEach(patterns, corpora).Values)
            {
                long total = counts.Sum();
                foreach (int i in Enumerable.Range(0, patterns.Length).OrderByDescending(i => counts[i])
                    .TakeWhile(i => total > room || counts[i] > Math.Max(1, characters / CharactersPerPattern)))
                {
                    total -= counts[i];
                    dropped.Add(patterns[i]);
                }
            }

            if (dropped.Count == 0) return Mixed(random, patterns);
            for (int i = 0; i < 2; i++) halves[i] = [.. halves[i].Where(pattern => !dropped.Contains(pattern))];
        }
    }

    private static string[] Fill(string[] kept, int count, Func<string?> make)
    {
        var patterns = new HashSet<string>(kept, StringComparer.Ordinal);
        while (patterns.Count < count)
        {
            if (make() is { } pattern) patterns.Add(pattern);
        }

        return [.. patterns];
    }

    private static Dictionary<string, Counted> CountEach(string[] patterns, IReadOnlyDictionary<string, List<string[]>> corpora)
    {
        using var engine = new HyperscanEngine(patterns);
        var counted = new Dictionary<string, Counted>();
        foreach (var (name, documents) in corpora)
        {
            var counts = new long[patterns.Length];
            long characters = 0;
            foreach (var lines in documents)
            {
                var document = PlantedText.Document(lines);
                characters += document.Text.Length;
                engine.CountEach(document, counts);
            }

            long planted = documents.Sum(lines => lines.Length) / PlantedText.LinesPerPattern;
            // A twentieth less, for what comes about where a pattern is planted.
            counted[name] = new Counted(counts, characters, (characters / CharactersPerMatch - planted) * 19 / 20);
        }

        return counted;
    }

    private static string? Word(Random random, string[] lines, Func<Random, string, string?> piece)
    {
        int one = random.Next(lines.Length), other = random.Next(lines.Length);
        if (one == other || piece(random, lines[one]) is not { } first || piece(random, lines[other]) is not { } second) return null;
        string joined = first[..((first.Length + 1) / 2)] + second[(second.Length / 2)..];
        return joined.Length is >= 2 and <= 8 ? joined : null;
    }

    private static string? ChinesePiece(Random random, string line)
    {
        int length = ChineseWordLengths[random.Next(ChineseWordLengths.Length)];
        if (line.Length < length) return null;
        string piece = line.Substring(random.Next(line.Length - length + 1), length);
        return piece.All(character => character is >= '\u4e00' and <= '\u9fff') ? piece : null;
    }

    private static string? EnglishPiece(Random random, string line)
    {
        string[] words = line.Split(' ');
        string word = words[random.Next(words.Length)];
        return word.Length is >= 4 and <= 12 && word.All(char.IsAsciiLetterLower) ? word : null;
    }

    private static string[] Mixed(Random random, string[] patterns)
    {
        random.Shuffle(patterns);
        return patterns;
    }

    /// <summary>Matches of each pattern in one corpus, and how many matches it may hold in all.</summary>
    private sealed record Counted(long[] Counts, long Characters, long Room);
}
