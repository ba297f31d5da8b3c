using Gateway.Inspection.Detectors;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Evasion;

/// <summary>Cases 37, 38 and 40 of the bypass catalogue: something between the characters, characters repeated or replaced, order.</summary>
public sealed class SeparatorTests
{
    [Theory]
    [InlineData("法 轮 功", Foldings.Separator)]
    [InlineData("法\u3000轮\u3000功", Foldings.Separator)]
    [InlineData("法\u00A0轮\u2009功", Foldings.Separator)]
    [InlineData("法-轮-功", Foldings.Separator)]
    [InlineData("法·轮·功", Foldings.Separator)]
    [InlineData("法.轮.功", Foldings.Separator)]
    [InlineData("法*轮*功", Foldings.Separator)]
    [InlineData("法_轮_功", Foldings.Separator)]
    [InlineData("法/轮/功", Foldings.Separator)]
    [InlineData("法|轮|功", Foldings.Separator)]
    [InlineData("法~轮~功", Foldings.Separator)]
    [InlineData("法＿轮＿功", Foldings.Separator)]
    [InlineData("法😀轮🔥功", Foldings.Separator)]
    [InlineData("法👨‍👩‍👧轮❤️功", Foldings.Separator)]
    [InlineData("法\n轮\n功", Foldings.Separator)] // one character a line (case 40)
    [InlineData("法\r\n轮\r\n功", Foldings.Separator)]
    [InlineData("法\uE000轮\uF8FF功", Foldings.Separator)] // private use
    [InlineData("法\uFDD0轮\uFFFE功", Foldings.Separator)] // no characters at all
    [InlineData("法\U000F0000轮\U0003FFFF功", Foldings.Separator)]
    [InlineData("法\u0378轮\U000E0FFF功", Foldings.Separator)] // unassigned
    [InlineData("法\uFFFD轮功", Foldings.Separator)]
    [InlineData("法**轮**功", Foldings.Separator)]
    [InlineData("法`轮`功", Foldings.Separator)]
    [InlineData("【法】【轮】【功", Foldings.Separator)]
    [InlineData("法<b>轮</b>功", Foldings.Markup)]
    [InlineData("法<!-- x -->轮<br/>功", Foldings.Markup)]
    [InlineData("法&nbsp;轮&#8203;功", Foldings.Markup)]
    public async Task Case37_SeparatorsInAChineseWord_AreHits(string text, Foldings needed)
    {
        var detection = Assert.Single(await Evasion.FindAsync(LexiconText.Of(["法轮功"]), "今天" + text + "的人"));
        Assert.Equal(("今天" + text).Length, detection.End);
        Assert.True((detection.Foldings & needed) == needed, $"{detection.Foldings} does not name {needed}.");
    }

    [Theory]
    [InlineData("h e r o i n", Foldings.Separator)]
    [InlineData("h.e.r.o.i.n", Foldings.Separator)]
    [InlineData("h-e-r-o-i-n", Foldings.Separator)]
    [InlineData("h_e_r_o_i_n", Foldings.Separator)]
    [InlineData("h*e*r*o*i*n", Foldings.Separator)]
    [InlineData("h**ero**in", Foldings.Separator)]
    [InlineData("he-ro-in", Foldings.Separator)]
    [InlineData("h😀e😀r😀o😀i😀n", Foldings.Separator)]
    [InlineData("he\uE000ro\uFDD0in", Foldings.Separator)]
    [InlineData("he<i>ro</i>in", Foldings.Markup)]
    [InlineData("Ｈ．Ｅ．Ｒ．Ｏ．Ｉ．Ｎ", Foldings.Separator)]
    public async Task Case37_SeparatorsInALatinWord_AreHits(string text, Foldings needed) =>
        await Evasion.AssertHitAsync("heroin", "buy " + text + " now", text, needed);

    [Fact]
    public async Task Case37_SkipsUpToTheConfiguredNumber_AreHitsAndLongerOnesAreNot()
    {
        foreach (var most in new[] { 0, 1, KeywordDetector.DefaultSeparators, 8 })
        {
            var detector = new KeywordDetector(LexiconText.Of(["法轮功"]), mostSeparators: most);
            for (var count = 0; count <= most + 2; count++)
            {
                var found = new DetectionList();
                var text = "法" + new string('*', count) + "轮功";
                await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None);
                Assert.True(found.Count == (count <= most ? 1 : 0), $"{count} separators of {most}: {found.Count} hits.");
            }
        }
    }

    [Theory]
    [InlineData("法轮功", "法\n轮功")]
    [InlineData("法轮功", "法轮\r\n    功")]
    [InlineData("贩卖毒品", "贩卖\n毒品")]
    [InlineData("贩卖毒品", "贩\n\n卖毒\n品")]
    [InlineData("贩卖毒品", "> 贩\n> 卖\n> 毒\n> 品")]
    [InlineData("办假证加微信", "办假证\n加微信")]
    [InlineData("大麻", "大\n麻")] // each has a line to itself
    [InlineData("heroin", "her\noin")]
    [InlineData("heroin", "her-\noin")]
    [InlineData("heroin", "h\ne\nr\no\ni\nn")]
    public async Task Case37_WordsOverLineEnds_AreHits(string term, string text)
    {
        foreach (var (before, after) in new[] { ("", ""), ("买\n", "\n卖"), (new string('好', 80) + "\n", " \n" + new string('好', 80)) })
        {
            var detection = Assert.Single(await Evasion.FindAsync(LexiconText.Of([term]), before + text + after));
            Assert.Equal(text.TrimStart('>', ' '), (before + text + after).Substring(detection.Start, detection.Length));
            Assert.True((detection.Foldings & Foldings.Separator) != 0, detection.Foldings.ToString());
        }

        await Evasion.AssertHitAsync(term, "买\n" + text + "\n卖", text.TrimStart('>', ' '), Foldings.Separator);
    }

    [Theory]
    [InlineData("办假证加微信", "办假证，加微信")]
    [InlineData("办假证加微信", "办，假证加微信")]
    [InlineData("办假证加微信", "办假证！！加微，信")]
    [InlineData("办假证加微信", "办假证。\n加微信")]
    public Task Case37_LongTermsOverClauses_AreHits(string term, string text) => Evasion.AssertHitAsync(term, text, text, Foldings.Separator);

    [Theory]
    [InlineData("他的力气很大\n麻雀飞走了", "大麻")]
    [InlineData("大\n麻雀飞走了", "大麻")]
    [InlineData("很大\n麻", "大麻")]
    [InlineData("参加集会、游行、示威等活动", "游行示威")]
    [InlineData("请先登录密码。\n为了安全", "登录密码为")]
    [InlineData("We met her.\nOil prices rose", "heroil")]
    [InlineData("- met her\n- oin", "heroin")]
    [InlineData("a, b = her,\n    oin", "heroin")]
    [InlineData("the hero\nin the pen\nis", "heroin", "penis")]
    public Task Case37_Twin_LinesAndClausesPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("这套房间很大，麻雀也多。", "大麻")]
    [InlineData("他说得很大。麻烦你了", "大麻")]
    [InlineData("The pen is mightier; he is a hero in town", "penis", "heroin")]
    [InlineData("Could you get me a cab? I need it to go OK.", "acab", "gook")]
    [InlineData("We met her. Oil prices rose", "heroil|block|word")]
    [InlineData("if (a) s = 5; int h = 3; er o", "ash|block|word")]
    [InlineData("他在法院，轮到他时用功读书", "法轮功")]
    [InlineData("方法----------轮子功能", "法轮功")]
    [InlineData("1. 法国\n2. 轮船\n3. 功夫", "法轮功")]
    public Task Case37_Twin_SentencesAndListsPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("法轮功", "法法轮轮功", "法轮轮功")]
    [InlineData("法轮功", "法轮轮轮功", "法轮轮轮功")]
    [InlineData("heroin", "heeeeroooin", "heeeeroooin")]
    [InlineData("heroin", "HEEEEROOOIN", "HEEEEROOOIN")]
    public Task Case38_RepeatedCharacters_AreHits(string term, string text, string hit) =>
        Evasion.AssertHitAsync(term, text, hit, Foldings.Repetition);

    [Theory]
    [InlineData("大麻", "大大麻麻", "大麻")]
    [InlineData("heroin", "HHHHEROINNNN", "HEROIN")]
    [InlineData("heroin", "ＨＨHHEROIN", "HEROIN")]
    public async Task Case38_RepeatedEnds_AreHits(string term, string text, string plain)
    {
        // The word stands in the middle; whether the run around it belongs to the hit does not matter.
        var detection = Assert.Single(await Evasion.FindAsync(LexiconText.Of([term]), text));
        Assert.Contains(plain, text.Substring(detection.Start, detection.Length), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a good book", "god|block|word", "bok|block|word")]
    [InlineData("Miss Mississippi passes the assessment", "mis|block|word", "as|block|word")]
    [InlineData("天天向上，高高兴兴，妈妈说谢谢", "天上", "高兴地", "妈说谢你")]
    [InlineData("aaa 1000000 www.example.com zzz", "a|block|word", "10|block|word", "w.e|block|word")]
    public Task Case38_Twin_WordsThatDoubleLettersPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("heroin|block|leet", "h3r01n", "h3r01n", Foldings.Leet)]
    [InlineData("heroin|block|leet", "H3RO!N", "H3RO!N", Foldings.Leet)]
    [InlineData("cocaine|block|leet", "c0c@1n3", "c0c@1n3", Foldings.Leet)]
    [InlineData("bastard|block|leet", "b@$7ard", "b@$7ard", Foldings.Leet)]
    [InlineData("902492|block|leet", "9⓿二肆⁹2", "9⓿二肆⁹2", Foldings.Leet)]
    [InlineData("8964|block|leet", "八九六四", "八九六四", Foldings.Leet)]
    [InlineData("8964|block|leet", "捌玖陆肆", "捌玖陆肆", Foldings.Leet)]
    [InlineData("8964", "８９⁶₄", "８９⁶₄", Foldings.Width | Foldings.Compatibility)]
    public Task Case38_LeetAndNumberStyles_AreHitsWhenConfigured(string term, string text, string hit, Foldings needed) =>
        Evasion.AssertHitAsync(term, text, hit, needed);

    [Theory]
    [InlineData("h3r01n c0c@1n3 b@$7ard 八九六四", "heroin", "cocaine", "bastard", "8964")]
    [InlineData("Model H3R-01 costs $5.50, 50% off; RTX 4090, Core i7-1370P, MP3, 3D, B2B, 4K", "hero|block|word,leet", "sex|block|word,leet", "arse|block|word,leet")]
    [InlineData("iPhone 15 Pro 卖 8999 元，比 8,964 少", "8964|block|word")]
    public Task Case38_Twin_PricesAndModelNumbersPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("功轮法")]
    [InlineData("nioreh")]
    [InlineData("法网恢恢\n轮流值日\n功不可没")]
    public Task Case40_ReversedTextAndAcrostics_AreAKnownGapOfTheMatcher(string text) =>
        Evasion.AssertPassesAsync(text, "法轮功", "heroin");
}
