using System.Buffers;
using System.Text;

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
        // Compared without blanks, marks and case, as a matcher that skips separators would.
        string[] bare = [.. chinese.Concat(english).Select(Bare)];
        while (terms.Count < count)
        {
            var fresh = new HashSet<string>(StringComparer.Ordinal);
            while (terms.Count + fresh.Count < count)
            {
                fresh.Add(fresh.Count % 2 == 0
                    ? ChinesePair(random, chinese) + ChinesePair(random, chinese)
                    : EnglishWord(random, english) + " " + EnglishWord(random, english));
            }

            Dictionary<string, string> byBare = fresh.GroupBy(Bare).ToDictionary(group => group.Key, group => group.First());
            SearchValues<string> search = SearchValues.Create([.. byBare.Keys], StringComparison.OrdinalIgnoreCase);
            foreach (string text in bare)
            {
                // Each hit removes a term; the next round of the outer loop makes another in its place and looks again.
                int at = 0;
                while (text.AsSpan(at).IndexOfAny(search) is var found and >= 0)
                {
                    at += found + 1;
                    foreach (string key in byBare.Keys.Where(key => text.AsSpan(at - 1).StartsWith(key, StringComparison.OrdinalIgnoreCase)).ToArray())
                        byBare.Remove(key);
                }
            }

            terms.UnionWith(byBare.Values);
        }

        return [.. terms.Order(StringComparer.Ordinal)];
    }

    private static string Bare(string text)
    {
        var bare = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (char.IsLetterOrDigit(c)) bare.Append(char.ToLowerInvariant(c));
        }

        return bare.ToString();
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
