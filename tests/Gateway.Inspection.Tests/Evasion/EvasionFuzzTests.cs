using System.Globalization;
using System.Text;
using Gateway.Inspection.Detectors;

namespace Gateway.Inspection.Tests.Evasion;

/// <summary>Cases 33 to 38 and 42 in combination: words written with several evasions at once, by seed.</summary>
public sealed class EvasionFuzzTests
{
    private const int Rounds = 3000;

    private static readonly string[] LatinTerms = ["cocaine", "fentanyl", "Methylone", "kidnap"];
    private static readonly string[] ChineseTerms = ["法轮功", "贩卖毒品", "赌博网站", "枪支弹药"];
    private static readonly string[] Invisible = ["\u200B", "\u200D", "\u2060", "\uFEFF", "\u00AD", "\uFE0F", "\u202E", "\U000E0061", "\u3164"];
    private static readonly string[] Signs = ["*", "-", "_", "·", "~", "|", "/", "**", "😀", "🔥", "`", "#", "\u3000*"];
    private static readonly string[] Tags = ["<b>", "</i>", "<br/>", "<!-- x -->", "<span class=\"a\">"];
    private static readonly Dictionary<char, string> LookAlikes = new()
    {
        ['a'] = "аɑα", ['c'] = "сϲ", ['e'] = "еҽ", ['i'] = "іι", ['k'] = "кκ", ['l'] = "ӏł", ['n'] = "ոη", ['o'] = "оοօ", ['p'] = "рρ", ['t'] = "тτ", ['y'] = "уγ",
    };

    private static readonly Dictionary<char, string> Variants = new()
    {
        ['轮'] = "輪", ['贩'] = "販", ['卖'] = "賣売", ['赌'] = "賭", ['网'] = "網", ['枪'] = "槍", ['弹'] = "彈弾", ['药'] = "藥薬",
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task CombinedEvasions_AreHits(int salt)
    {
        var detectors = LatinTerms.Concat(ChineseTerms).ToDictionary(term => term, term => new KeywordDetector(LexiconText.Of([term])));
        for (var round = 0; round < Rounds; round++)
        {
            var seed = salt * 1_000_000 + round;
            var random = new Random(seed);
            var isLatin = random.Next(2) == 0;
            var terms = isLatin ? LatinTerms : ChineseTerms;
            var term = terms[random.Next(terms.Length)];
            var written = isLatin ? Latin(random, term) : Chinese(random, term);
            var text = "今天 " + written + " 。";

            var found = await Evasion.FindAsync(detectors[term], text);
            Assert.True(found.Length == 1, $"seed {seed}: {found.Length} hits of {term} in '{text}' ({Escape(written)})");
            Assert.True(found[0].Start == 3 && found[0].End <= text.Length - 2, $"seed {seed}: {found[0].Start}..{found[0].End} of '{text}' ({Escape(written)})");
            Assert.NotEqual(0, found[0].Length);
        }
    }

    private static string Latin(Random random, string term)
    {
        var text = new StringBuilder();
        var replaced = 0;
        for (var i = 0; i < term.Length; i++)
        {
            if (i > 0) text.Append(Gap(random));
            var letter = term[i];
            // Look-alikes stay a minority: what is spelt with them alone is another language.
            if (random.Next(4) == 0 && replaced < term.Length / 3 && i > 0 && i < term.Length - 1 && LookAlikes.TryGetValue(letter, out var alike))
            {
                replaced++;
                text.Append(alike[random.Next(alike.Length)]);
            }
            else text.Append(Form(random, letter));
        }

        return text.ToString();
    }

    private static string Chinese(Random random, string term)
    {
        var text = new StringBuilder();
        for (var i = 0; i < term.Length; i++)
        {
            if (i > 0) text.Append(Gap(random));
            if (random.Next(2) == 0 && Variants.TryGetValue(term[i], out var variant)) text.Append(variant[random.Next(variant.Length)]);
            else text.Append(term[i]);
            if (i < term.Length - 1 && random.Next(6) == 0) text.Append('\u0336');
        }

        return text.ToString();
    }

    private static string Form(Random random, char letter)
    {
        var lower = char.ToLowerInvariant(letter);
        return random.Next(8) switch
        {
            0 => char.ToUpperInvariant(letter).ToString(),
            1 => ((char)(letter - 'A' + 'Ａ')).ToString(),
            2 => char.ConvertFromUtf32(0x1D41A + lower - 'a'),
            3 => char.ConvertFromUtf32(0x24D0 + lower - 'a'),
            4 => letter + "\u0301",
            _ => letter.ToString(),
        };
    }

    private static string Gap(Random random) => random.Next(8) switch
    {
        0 => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Invisible[random.Next(Invisible.Length)])),
        1 => Signs[random.Next(Signs.Length)],
        2 => Tags[random.Next(Tags.Length)],
        3 => Signs[random.Next(Signs.Length)] + Invisible[random.Next(Invisible.Length)],
        _ => "",
    };

    private static string Escape(string text) => string.Concat(text.Select(unit => char.IsAsciiLetterOrDigit(unit) ? unit.ToString() : "\\u" + ((int)unit).ToString("x4", CultureInfo.InvariantCulture)));
}
