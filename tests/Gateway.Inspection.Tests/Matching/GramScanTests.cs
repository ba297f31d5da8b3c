using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Matching;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Matching;

/// <summary>The filter loses nothing: what it leads to is what a walk from every symbol of the text finds.</summary>
public sealed class GramScanTests
{
    private const int Rounds = 250;

    private static readonly string[] Letters = ["a", "b", "c", "d", "e", "A", "ｂ", "с", "é", "1", "0", "@"];
    private static readonly string[] Characters = ["大", "麻", "法", "轮", "輪", "功", "發", "发", "国", "國", "一", "〇"];
    private static readonly string[] Others = ["か", "が", "ｶ", "ﾞ", "\u3099", "😀", "𝐚", "\U00020BB7", "\u200B", "\u0301", "ﷺ", "Ⅷ", "\uD83D"];
    private static readonly string[] Gaps = [" ", "  ", "-", ". ", ", ", "，", "\n", "\t", "*", "'", "<b>", "</i>", "&amp;", "·", "***", "(", "_"];

    private static readonly string[] PlainGaps = [" ", " ", " ", "-", ". ", ", ", "\n", "'", "_", "*", "\u0001", "<i>", "&amp;", "@"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Read_AnyTextAndTerms_LeadsToEveryHit(int salt)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var seed = salt * 100_000 + round;
            var random = new Random(seed);
            string[] terms = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => Term(random)).Where(term => term.Any(unit => char.IsAsciiLetterOrDigit(unit) || unit is >= '\u4E00' and <= '\u9FFF')).Distinct(StringComparer.Ordinal)];
            if (terms.Length == 0) continue;
            var rules = new KeywordRules(
                LexiconText.Of([.. terms.Select(term => term + random.Next(5) switch { 0 => "|block|word", 1 => "|block|leet", 2 => "|block|homophone", _ => "" })]),
                KeywordDetector.DefaultFoldings, KeywordDetector.DefaultSeparators, true, TierTable.Standard);
            var text = TextOf(random, terms);
            foreach (var view in rules.Views)
            {
                var (expected, found) = (Walked(view, text), Filtered(view, text));
                Assert.True(expected.SetEquals(found),
                    $"seed {seed}, {view.Map.View}: lost {Show(expected.Except(found), text)}, more {Show(found.Except(expected), text)}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_PlainTextOfWords_LeadsToEveryHit(int salt)
    {
        // Long stretches of ASCII, where the filter looks at where words begin and end; now and then a character that is none.
        for (var round = 0; round < Rounds; round++)
        {
            var seed = salt * 100_000 + 50_000 + round;
            var random = new Random(seed);
            string[] terms = [.. Enumerable.Range(0, random.Next(1, 80)).Select(_ => Plain(random, random.Next(2, 14), random.Next(3) == 0 ? 4 : 0).Replace('\n', ' ').Replace('\u0001', '-').Trim())
                .Where(term => term.Any(char.IsAsciiLetterOrDigit)).Distinct(StringComparer.Ordinal)];
            if (terms.Length == 0) continue;
            var rules = new KeywordRules(
                LexiconText.Of([.. terms.Select(term => term + random.Next(4) switch { 0 => "|block|word", 1 => "|block|leet", _ => "" })]),
                KeywordDetector.DefaultFoldings, KeywordDetector.DefaultSeparators, true, TierTable.Standard);
            var text = new StringBuilder();
            for (var left = random.Next(10, 300); left > 0; left--)
            {
                text.Append(random.Next(4) switch { 0 => Spelt(random, terms[random.Next(terms.Length)]), 1 => terms[random.Next(terms.Length)], _ => Plain(random, 8, 4) });
                if (random.Next(2) == 0) text.Append(PlainGaps[random.Next(PlainGaps.Length)]);
                if (random.Next(100) == 0) text.Append(Others[random.Next(Others.Length)]);
                if (random.Next(100) == 0) text.Append(' ', random.Next(1500));
            }

            var plain = text.ToString();
            foreach (var view in rules.Views)
            {
                var (expected, found) = (Walked(view, plain), Filtered(view, plain));
                Assert.True(expected.SetEquals(found),
                    $"seed {seed}, {view.Map.View}: lost {Show(expected.Except(found), plain)}, more {Show(found.Except(expected), plain)}");
            }
        }
    }

    [Theory]
    [InlineData("abcd", 0)]
    [InlineData("abcdefghijklmnop", 0)]
    [InlineData("大麻", 0)]
    [InlineData("大麻法", 0)]
    [InlineData("大麻法轮功大麻法轮功大麻", 0)]
    [InlineData("a大", 0)]
    [InlineData("ab", 0)]
    [InlineData("abc", 0)]
    [InlineData("abc大", 0)]
    [InlineData("大abcd", 0)]
    [InlineData("a", 0)]
    [InlineData("大", 0)]
    public void Read_AtEveryPlaceOfABlock_FindsTheTerm(string term, int from)
    {
        var view = new KeywordRules(LexiconText.Of([term]), KeywordDetector.DefaultFoldings, KeywordDetector.DefaultSeparators, true, TierTable.Standard).Views[0];
        for (var at = from; at < 2200; at += at is > 900 and < 1100 ? 1 : 13)
        {
            var text = string.Concat(Enumerable.Repeat("，", at)) + term + new string('。', 80);
            Assert.Equal([(at, at + term.Length)], Filtered(view, text).Select(found => (found.Start, found.End)));
        }
    }

    /// <summary>A few letters, with separators between some of them.</summary>
    private static string Plain(Random random, int length, int gapsInTwenty)
    {
        var text = new StringBuilder();
        for (var left = length; left > 0; left--)
        {
            text.Append("abcAB1"[random.Next(6)]);
            if (random.Next(20) < gapsInTwenty) text.Append(PlainGaps[random.Next(PlainGaps.Length)]);
        }

        return text.ToString();
    }

    private static string Term(Random random)
    {
        var term = new StringBuilder();
        var kind = random.Next(4);
        for (var left = random.Next(1, random.Next(10) == 0 ? 20 : 9); left > 0; left--)
        {
            term.Append(Symbol(random, kind == 3 ? random.Next(2) : kind == 2 && random.Next(4) == 0 ? 2 : kind & 1));
            if (left > 1 && random.Next(20) == 0) term.Append(' ');
        }

        return term.ToString().Trim();
    }

    private static string TextOf(Random random, string[] terms)
    {
        var text = new StringBuilder();
        for (var left = random.Next(20, 900); left > 0; left--)
        {
            switch (random.Next(12))
            {
                case 0: text.Append(Spelt(random, terms[random.Next(terms.Length)])); break;
                case 1: text.Append(terms[random.Next(terms.Length)]); break;
                case 2:
                    var term = terms[random.Next(terms.Length)];
                    text.Append(term.AsSpan(0, random.Next(term.Length + 1)));
                    break;
                case 3: text.Append(Others[random.Next(Others.Length)]); break;
                case 4 or 5: text.Append(Gaps[random.Next(Gaps.Length)]); break;
                case 6 when random.Next(60) == 0: text.Append(' ', random.Next(1500)); break;
                case 6: text.Insert(text.Length, Symbol(random, random.Next(2)), random.Next(1, 5)); break;
                case 7 when random.Next(8) == 0: text.Append("the quick brown fox jumps over some lazy dogs "); break;
                default: text.Append(Symbol(random, random.Next(2))); break;
            }
        }

        return text.ToString();
    }

    /// <summary>A term with separators, tags and repeated characters.</summary>
    private static string Spelt(Random random, string term)
    {
        var text = new StringBuilder();
        foreach (var unit in term)
        {
            text.Append(unit, random.Next(8) == 0 && !char.IsSurrogate(unit) ? 3 : 1);
            if (random.Next(4) == 0 && !char.IsHighSurrogate(unit)) text.Append(Gaps[random.Next(Gaps.Length)]);
        }

        return text.ToString();
    }

    private static string Symbol(Random random, int kind) => kind switch
    {
        0 => Letters[random.Next(Letters.Length)],
        1 => Characters[random.Next(Characters.Length)],
        _ => Others[random.Next(Others.Length)],
    };

    private static HashSet<Found> Walked(TermView view, string text)
    {
        var (reading, walk) = (new Reading(view.Map), new TermWalk(view, KeywordDetector.DefaultSeparators));
        reading.Read(text, 0, text.Length);
        var found = new HashSet<Found>();
        for (var i = 0; i < reading.Length; i++)
        {
            walk.Run(reading, text, i);
            found.UnionWith(walk.Found.Select(Bare));
            walk.Found.Clear();
        }

        return found;
    }

    private static HashSet<Found> Filtered(TermView view, string text)
    {
        var scan = new ViewScan(view, KeywordDetector.DefaultSeparators);
        var found = new HashSet<Found>();
        scan.Start(text, 0, 0, isFinal: true);
        while (scan.MoveNext(text)) found.UnionWith(scan.Found.Select(Bare));
        return found;
    }

    /// <summary>Which of several ways through the text was told first does not matter here.</summary>
    private static Found Bare(Found found) => found with { Path = default, IsOpen = false };

    private static string Show(IEnumerable<Found> found, string text) =>
        string.Join("; ", found.Take(3).Select(hit => $"{hit.Start}..{hit.End} '{text[hit.Start..hit.End]}' in '{text[Math.Max(0, hit.Start - 20)..Math.Min(text.Length, hit.End + 20)]}'"));
}
