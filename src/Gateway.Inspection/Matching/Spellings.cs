using System.Text;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Matching;

/// <summary>The ways of writing a term that are looked for as patterns of their own.</summary>
internal static class Spellings
{
    private const int LeastInitials = 3;
    private const int MostSplits = 32;

    private static readonly Lazy<Dictionary<char, string>> Pinyin = new(ReadPinyin);
    private static readonly Lazy<Dictionary<char, string[]>> Parts = new(() => TableFile.Read("splits.txt")
        .Where(fields => fields[0].Length == 1).ToDictionary(fields => fields[0][0], fields => fields[1..]));

    /// <summary>The term as written, and the spellings that its options ask for.</summary>
    public static IEnumerable<(string Text, Foldings Variant, bool IsWord)> Of(LexiconTerm term)
    {
        var isWord = term.Options.HasFlag(TermOptions.Word);
        yield return (term.Text, Foldings.None, isWord);

        // Look-alikes are read by shape, and capitals have shapes of their own (В is drawn like B, в is not): a term of such a
        // script is looked for in both.
        if (HasForeignLetters(term.Text))
        {
            yield return (term.Text.ToUpperInvariant(), Foldings.None, isWord);
            yield return (term.Text.ToLowerInvariant(), Foldings.None, isWord);
        }

        var syllables = (term.Options & (TermOptions.Pinyin | TermOptions.Initials)) != 0 ? SyllablesOf(term.Text) : [];
        if (term.Options.HasFlag(TermOptions.Pinyin) && syllables.Count > 1) yield return (string.Join(' ', syllables), Foldings.Pinyin, true);
        if (term.Options.HasFlag(TermOptions.Initials) && syllables.Count >= LeastInitials)
            yield return (string.Concat(syllables.Select(syllable => syllable[0])), Foldings.Initials, true);
        if (!term.Options.HasFlag(TermOptions.Split)) yield break;
        foreach (var split in SplitsOf(term.Text)) yield return (split, Foldings.Split, isWord);
    }

    private static bool HasForeignLetters(string text) => text.Any(unit => unit is >= '\u0370' and <= '\u058F');

    /// <summary>The pinyin of each character; empty unless every character has one.</summary>
    private static List<string> SyllablesOf(string text)
    {
        var syllables = new List<string>();
        foreach (var unit in text)
        {
            if (!Pinyin.Value.TryGetValue(unit, out var syllable)) return [];
            syllables.Add(syllable);
        }

        return syllables;
    }

    /// <summary>The term with one or more characters in parts: every choice of characters, as far as their number allows.</summary>
    private static IEnumerable<string> SplitsOf(string text)
    {
        var results = new List<StringBuilder> { new() };
        foreach (var unit in text)
        {
            string[] ways = Parts.Value.TryGetValue(unit, out var parts) ? [unit.ToString(), .. parts] : [unit.ToString()];
            // Beyond the limit a character stays whole, so that a long term cannot explode.
            if (results.Count * ways.Length > MostSplits) ways = ways[..1];
            results = [.. results.SelectMany(result => ways.Select(way => new StringBuilder(result.ToString()).Append(way)))];
        }

        return results.Select(result => result.ToString()).Where(result => result != text).Distinct(StringComparer.Ordinal);
    }

    private static Dictionary<char, string> ReadPinyin()
    {
        var pinyin = new Dictionary<char, string>();
        foreach (var fields in TableFile.Read("pinyin.txt"))
        {
            if (fields[0] != "1") continue;
            foreach (var unit in fields[2])
                if (!char.IsSurrogate(unit)) pinyin.TryAdd(unit, fields[1]);
        }

        return pinyin;
    }
}
