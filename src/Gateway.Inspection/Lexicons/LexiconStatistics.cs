using System.Diagnostics;
using System.Text;
using Gateway.Inspection.Detectors;

namespace Gateway.Inspection.Lexicons;

/// <summary>A lexicon in numbers.</summary>
public sealed record LexiconStatistics
{
    /// <summary>Terms, duplicates included.</summary>
    public required int Terms { get; init; }

    /// <summary>Terms that differ after folding.</summary>
    public required int Canonical { get; init; }

    /// <summary>Words of the allow-list.</summary>
    public required int AllowTerms { get; init; }

    /// <summary>Terms by risk label, in order of the label.</summary>
    public required IReadOnlyDictionary<string, int> Risks { get; init; }

    /// <summary>Terms by tier.</summary>
    public required IReadOnlyDictionary<string, int> Tiers { get; init; }

    /// <summary>Terms by file.</summary>
    public required IReadOnlyDictionary<string, int> Files { get; init; }

    /// <summary>Terms by language: <c>zh</c> with a Chinese character, <c>en</c> in Latin letters, <c>other</c>.</summary>
    public required IReadOnlyDictionary<string, int> Languages { get; init; }

    /// <summary>Terms by option; a term with two counts twice.</summary>
    public required IReadOnlyDictionary<string, int> Options { get; init; }

    /// <summary>Terms by length in characters after folding, separators left out.</summary>
    public required IReadOnlyDictionary<int, int> Lengths { get; init; }

    /// <summary>States of a trie of the folded terms: the places in which reading a text can be.</summary>
    public required int States { get; init; }

    /// <summary>Memory that the compiled matcher takes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Time that compiling it took.</summary>
    public required TimeSpan BuildTime { get; init; }

    /// <summary>Counts a lexicon through and compiles it once.</summary>
    /// <param name="lexicon">The lexicon.</param>
    public static LexiconStatistics Of(Lexicon lexicon)
    {
        ArgumentNullException.ThrowIfNull(lexicon);
        string[] keys = [.. lexicon.Terms.Select(term => TermKey.Of(term.Text))];
        var mark = Stopwatch.GetTimestamp();
        var detector = new KeywordDetector(lexicon);
        var time = Stopwatch.GetElapsedTime(mark);
        return new LexiconStatistics
        {
            Terms = lexicon.Terms.Count,
            Canonical = keys.Distinct(StringComparer.Ordinal).Count(),
            AllowTerms = lexicon.AllowTerms.Count,
            Risks = CountBy(lexicon, term => term.Risk),
            Tiers = CountBy(lexicon, term => TermOptionNames.Of(term.Tier)),
            Files = CountBy(lexicon, term => term.File),
            Languages = CountBy(lexicon, term => LanguageOf(term.Text)),
            Options = lexicon.Terms.SelectMany(TermOptionNames.Of).CountBy(option => option).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(),
            Lengths = keys.CountBy(key => key.EnumerateRunes().Count()).OrderBy(pair => pair.Key).ToDictionary(),
            States = StatesOf(keys),
            Bytes = detector.Size,
            BuildTime = time,
        };
    }

    /// <summary>Language of a term, by its script.</summary>
    /// <param name="term">The term.</param>
    public static string LanguageOf(string term)
    {
        ArgumentNullException.ThrowIfNull(term);
        var isLatin = false;
        foreach (var rune in term.EnumerateRunes())
        {
            if (rune.Value is (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF)) return "zh";
            isLatin |= rune.Value < 0x250 && Rune.IsLetter(rune);
        }

        return isLatin ? "en" : "other";
    }

    private static Dictionary<string, int> CountBy(Lexicon lexicon, Func<LexiconTerm, string> select) =>
        lexicon.Terms.CountBy(select).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary();

    // In sorted order every key adds what it does not share with the one before.
    private static int StatesOf(string[] keys)
    {
        var states = 1;
        var previous = "";
        foreach (var key in keys.Order(StringComparer.Ordinal))
        {
            states += key.Length - key.AsSpan().CommonPrefixLength(previous);
            previous = key;
        }

        return states;
    }
}
