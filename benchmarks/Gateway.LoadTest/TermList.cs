using System.Globalization;
using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;

namespace Gateway.LoadTest;

/// <summary>
/// Terms made of pieces of the texts themselves: they begin as the texts do, so that a matcher is kept busy with beginnings,
/// yet none occurs in any text.
/// </summary>
internal static class TermList
{
    public static string[] Make(Random random, IReadOnlyList<string> chinese, IReadOnlyList<string> english, int count)
    {
        var terms = new HashSet<string>(StringComparer.Ordinal);
        string[] texts = [.. chinese, .. english];
        while (terms.Count < count)
        {
            var fresh = new HashSet<string>(StringComparer.Ordinal);
            while (terms.Count + fresh.Count < count)
            {
                fresh.Add(fresh.Count % 2 == 0
                    ? ChinesePair(random, chinese) + ChinesePair(random, chinese)
                    : EnglishWord(random, english) + " " + EnglishWord(random, english));
            }

            // Those that the gateway's own matcher finds in some text, whatever the folding, go; the next round makes others.
            terms.UnionWith(Unknown([.. fresh], texts));
        }

        return [.. terms.Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Unknown(string[] terms, string[] texts)
    {
        string lines = string.Join('\n', terms.Select(term => term + "\tother-prohibited\tblock"));
        var detector = new KeywordDetector(LexiconLoader.Parse([new LexiconFile("terms.tsv", Encoding.UTF8.GetBytes(lines))]));
        var found = new DetectionList();
        foreach (string text in texts)
        {
            ValueTask<int> pending = detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None);
            if (!pending.IsCompletedSuccessfully) throw new InvalidOperationException("The keyword detector did not answer at once.");
        }

        HashSet<string> known = [.. found.ToArray().Select(detection => detection.Rule)];
        return terms.Where((_, i) => !known.Contains(string.Create(CultureInfo.InvariantCulture, $"terms.tsv:{i + 1}")));
    }

    private static string ChinesePair(Random random, IReadOnlyList<string> texts)
    {
        while (true)
        {
            string text = texts[random.Next(texts.Count)];
            int at = random.Next(text.Length - 1);
            if (text[at] is >= '\u4e00' and <= '\u9fff' && text[at + 1] is >= '\u4e00' and <= '\u9fff') return text.Substring(at, 2);
        }
    }

    private static string EnglishWord(Random random, IReadOnlyList<string> texts)
    {
        while (true)
        {
            string[] words = texts[random.Next(texts.Count)].Split(' ');
            string word = words[random.Next(words.Length)].ToLowerInvariant();
            if (word.Length is >= 5 and <= 10 && word.All(char.IsAsciiLetterLower)) return word;
        }
    }
}
