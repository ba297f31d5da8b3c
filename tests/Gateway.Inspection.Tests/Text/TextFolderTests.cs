using System.Text;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Text;

public sealed class TextFolderTests
{
    [Theory]
    [InlineData("Hello", "hello", Foldings.Case)]
    [InlineData("hello", "hello", Foldings.None)]
    [InlineData("STRASSE", "strasse", Foldings.Case)]
    [InlineData("Straße", "strasse", Foldings.Case)]
    [InlineData("STRAẞE", "strasse", Foldings.Case)]
    [InlineData("İstanbul", "istanbul", Foldings.Case | Foldings.CombiningMark)]
    [InlineData("ısı", "isi", Foldings.Case)]
    [InlineData("\u212Aelvin", "kelvin", Foldings.Compatibility | Foldings.Case)]
    [InlineData("ſ", "s", Foldings.Compatibility)]
    [InlineData("Ελλάς", "ελλασ", Foldings.Case | Foldings.CombiningMark)]
    [InlineData("\U00010400", "\U00010428", Foldings.Case)]
    [InlineData("ｆａ＿轮", "fa_轮", Foldings.Width)]
    [InlineData("ＦＡ\u3000", "fa ", Foldings.Width | Foldings.Case)]
    [InlineData("ｶﾞﾊﾟｱ", "ガパア", Foldings.Width)]
    [InlineData("か\u3099", "が", Foldings.CombiningMark)]
    [InlineData("カ゛", "ガ", Foldings.Compatibility)]
    [InlineData("が", "が", Foldings.None)]
    [InlineData("㎏", "kg", Foldings.Compatibility)]
    [InlineData("ﬁﬀ", "fiff", Foldings.Compatibility)]
    [InlineData("Ⓕⓐ", "fa", Foldings.Compatibility | Foldings.Case)]
    [InlineData("①②", "12", Foldings.Compatibility)]
    [InlineData("x²", "x2", Foldings.Compatibility)]
    [InlineData("\U0001D41F\U0001D44E", "fa", Foldings.Compatibility)]
    [InlineData("㈎", "(가)", Foldings.Compatibility)]
    [InlineData("㌔", "キロ", Foldings.Compatibility)]
    [InlineData("\uF900", "豈", Foldings.Compatibility)]
    [InlineData("\U0002F800", "丽", Foldings.Compatibility)]
    [InlineData("法\u200B轮\u200D功", "法轮功", Foldings.ZeroWidth)]
    [InlineData("a\u00ADb\u2060c\uFEFFd", "abcd", Foldings.ZeroWidth)]
    [InlineData("a\u202Eb\u2066c", "abc", Foldings.ZeroWidth)]
    [InlineData("a\uFE0Fb\U000E0061c\U000E0100", "abc", Foldings.ZeroWidth)]
    [InlineData("a\u3164b\u115Fc\uFFA0d", "abcd", Foldings.ZeroWidth)]
    [InlineData("a\0b", "ab", Foldings.ZeroWidth)]
    [InlineData("é", "e", Foldings.CombiningMark)]
    [InlineData("e\u0301", "e", Foldings.CombiningMark)]
    [InlineData("ǘ", "u", Foldings.CombiningMark)]
    [InlineData("W\u0336", "w", Foldings.CombiningMark | Foldings.Case)]
    [InlineData("法\u0336轮\u20DD", "法轮", Foldings.CombiningMark)]
    [InlineData("f\u064Eu\u0902", "fu", Foldings.CombiningMark)]
    public void Fold_VariantForms_MeetInOneForm(string text, string expected, Foldings foldings)
    {
        Assert.Equal(expected, TextFolder.Default.Fold(text));
        Assert.Equal(foldings, TextFolder.Default.FoldingsIn(text));
    }

    [Theory]
    [InlineData("普通的中文、没有变化。")]
    [InlineData("plain ascii text, 1 + 1 = 2\r\n\t")]
    [InlineData("просто русские слова")]
    [InlineData("مُحَمَّد")]
    [InlineData("हिन्दी में")]
    [InlineData("ภาษาไทย")]
    [InlineData("한국어 텍스트")]
    [InlineData("ひらがなとカタカナ")]
    [InlineData("😀🀄")]
    public void Fold_OrdinaryText_StaysAsItIs(string text)
    {
        Assert.Equal(text, TextFolder.Default.Fold(text));
        Assert.Equal(Foldings.None, TextFolder.Default.FoldingsIn(text));
    }

    [Theory]
    [InlineData("大麻\u200B", "大麻\u200B")]
    [InlineData("É", "é")]
    [InlineData("①", "①")]
    [InlineData("İ", "i")]
    [InlineData("ＡＢ", "ab")]
    public void Plain_OtherForms_FoldsCaseAndWidthOnly(string text, string expected) =>
        Assert.Equal(expected, TextFolder.Plain.Fold(text));

    [Fact]
    public void Fold_EveryCharacter_IsIdempotent()
    {
        for (var code = 1; code < 0x30000; code++)
        {
            if (!Rune.IsValid(code)) continue;
            var once = TextFolder.Default.Fold(char.ConvertFromUtf32(code));
            var twice = TextFolder.Default.Fold(once);
            Assert.True(once == twice, $"U+{code:X4}: {once} folds again to {twice}");
        }
    }

    [Fact]
    public void Fold_MixedText_MapsEveryCharacterBack()
    {
        const string text = "a\u200B㎏\U0001D41Fｶﾞe\u0301\uD800";
        var folded = new FoldedText();

        TextFolder.Default.Fold(text, folded);

        Assert.Equal("akgfガe\uD800", folded.Text.ToString());
        Assert.Equal([0, 2, 2, 3, 5, 7, 9], folded.Starts.ToArray());
        Assert.Equal([1, 3, 3, 5, 7, 8, 10], folded.Ends.ToArray());
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 0)]
    [InlineData("e", 0)]
    [InlineData("か", 1)]
    [InlineData("ｶ", 1)]
    [InlineData("が", 0)]
    [InlineData("\U0001D41F", 0)]
    public void UnsettledTail_TextThatMayGoOn_HoldsOnlyWhatCanChange(string text, int expected) =>
        Assert.Equal(expected, TextFolder.Default.UnsettledTail(text));

    [Fact]
    public void UnsettledTail_HighSurrogate_IsHeld() => Assert.Equal(1, TextFolder.Default.UnsettledTail("a\uD835"));

    [Fact]
    public void Version_OtherFoldings_Differs()
    {
        Assert.Equal("fold-1", TextFolder.Default.Version);
        Assert.NotEqual(TextFolder.Default.Version, TextFolder.Plain.Version);
    }
}
