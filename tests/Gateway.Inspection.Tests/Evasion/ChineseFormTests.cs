using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Evasion;

/// <summary>Cases 36 and 39 of the bypass catalogue: Chinese in other characters, in sounds and in parts.</summary>
public sealed class ChineseFormTests
{
    [Theory]
    [InlineData("法轮功", "修煉法輪功", "法輪功")]
    [InlineData("法輪功", "修炼法轮功", "法轮功")]
    [InlineData("贩卖毒品", "販賣毒品", "販賣毒品")]
    [InlineData("贩卖毒品", "販売毒品", "販売毒品")] // Japanese
    [InlineData("赌博网站", "賭博網站", "賭博網站")]
    [InlineData("发票代开", "發票代開", "發票代開")]
    [InlineData("干部名单", "幹部名單", "幹部名單")]
    [InlineData("看着", "看著", "看著")]
    [InlineData("气枪", "気槍", "気槍")] // 気 is Japanese
    [InlineData("妓女", "妓\uF981", "妓\uF981")] // compatibility ideograph
    [InlineData("丽人", "\U0002F800人", "\U0002F800人")]
    [InlineData("一夜情", "\u2F00夜情", "\u2F00夜情")] // Kangxi radical
    [InlineData("人民币", "⼈⺠币", "⼈⺠币")] // CJK radical
    [InlineData("肉体", "⺼体", "⺼体")]
    [InlineData("群交", "羣交", "羣交")]
    [InlineData("你妈", "妳媽", "妳媽")]
    public Task Case36_TraditionalJapaneseAndRadicalForms_AreHits(string term, string text, string hit) =>
        Evasion.AssertHitAsync(term, text, hit, Foldings.None);

    [Theory]
    [InlineData("法轮功", "法輪功", Foldings.Traditional)]
    [InlineData("贩卖毒品", "販売毒品", Foldings.Traditional)]
    [InlineData("人民币", "人⺠币", Foldings.Traditional)]
    [InlineData("妓女", "妓\uF981", Foldings.Compatibility)]
    [InlineData("法轮功", "法\u200B輪\u200B功", Foldings.Traditional | Foldings.ZeroWidth)]
    public Task Case36_TheFormIsNamed(string term, string text, Foldings needed) => Evasion.AssertHitAsync(term, text, text, needed);

    [Theory]
    [InlineData("芸豆炖排骨，武弁与缶", "艺豆", "武辨", "与罐")] // Chinese words of their own, though 芸 is Japan's 艺
    [InlineData("臺灣的麵條和鐘錶店，後來發現頭髮亂了", "面表", "后理", "发票")]
    [InlineData("乾隆皇帝", "干涉")]
    [InlineData("著名作家著书", "看着")]
    public Task Case36_Twin_OtherWordsPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("法轮功|block|pinyin", "练 falungong 的人", "falungong", Foldings.Pinyin)]
    [InlineData("法轮功|block|pinyin", "练 fa lun gong 的人", "fa lun gong", Foldings.Pinyin)]
    [InlineData("法轮功|block|pinyin", "FaLunGong", "FaLunGong", Foldings.Pinyin)]
    [InlineData("法轮功|block|pinyin", "fa-lun-gong", "fa-lun-gong", Foldings.Pinyin)]
    [InlineData("法轮功|block|pinyin", "ｆａｌｕｎｇｏｎｇ", "ｆａｌｕｎｇｏｎｇ", Foldings.Pinyin | Foldings.Width)]
    [InlineData("法轮功|block|initials", "练 flg 的人", "flg", Foldings.Initials)]
    [InlineData("法轮功|block|initials", "FLG!", "FLG", Foldings.Initials)]
    [InlineData("法轮功|block|homophone", "发伦功", "发伦功", Foldings.Homophone)]
    [InlineData("法轮功|block|homophone", "法沦工", "法沦工", Foldings.Homophone)]
    [InlineData("法轮功|block|split", "氵去轮功", "氵去轮功", Foldings.Split)]
    [InlineData("法轮功|block|split", "水去车仑工力", "水去车仑工力", Foldings.Split)]
    [InlineData("枪支|block|split", "卖木仓支", "木仓支", Foldings.Split)]
    public async Task Case39_SoundsAndParts_LabelButDoNotBlock(string term, string text, string hit, Foldings needed)
    {
        var detection = await Evasion.AssertHitAsync(term, text, hit, needed);
        Assert.True(detection.LabelsOnly);
    }

    [Theory]
    [InlineData("法轮功", "falungong, fa lun gong, flg, 发伦功, 氵去轮功")]
    [InlineData("法轮功|block|pinyin", "flg, 发伦功, 氵去轮功")]
    [InlineData("法轮功|block|initials", "falungong, 发伦功, 氵去轮功")]
    [InlineData("法轮功|block|homophone", "falungong, flg, 氵去轮功")]
    [InlineData("法轮功|block|split", "falungong, flg, 发伦功")]
    public Task Case39_WithoutTheOption_Passes(string term, string text) => Evasion.AssertPassesAsync(text, term);

    [Theory]
    [InlineData("The flag flew; flgx, xflg", "法轮功|block|initials")]
    [InlineData("fan lunch gong; alfa lung", "法轮功|block|pinyin")]
    [InlineData("xifan and pigeon", "西方|block|pinyin")]
    [InlineData("发展轮船工业", "法轮功|block|homophone")]
    [InlineData("女子和木制仓库", "好枪|block|split")]
    [InlineData("mdma|block|word", "妈的妈|block|initials")]
    public Task Case39_Twin_OtherWordsPass(string text, string term) => Evasion.AssertPassesAsync(text, term);

    [Theory]
    [InlineData("法轮功|block|pinyin,initials,homophone,split", "法轮功")]
    [InlineData("法轮功|block|pinyin,initials,homophone,split", "法輪功")]
    [InlineData("法轮功|block|pinyin,initials,homophone,split", "法-轮-功")]
    public async Task Case39_TheTermItself_StillDecides(string term, string text)
    {
        var detection = Assert.Single(await Evasion.FindAsync(LexiconText.Of([term]), text));
        Assert.False(detection.LabelsOnly);
    }
}
