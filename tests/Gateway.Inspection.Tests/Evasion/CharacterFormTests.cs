using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Evasion;

/// <summary>Cases 33, 34, 35 and 42 of the bypass catalogue: one character in another form.</summary>
public sealed class CharacterFormTests
{
    [Theory]
    [InlineData("heroin", "buy ｈｅｒｏｉｎ now", "ｈｅｒｏｉｎ", Foldings.Width)]
    [InlineData("heroin", "buy ｈeｒoｉn now", "ｈeｒoｉn", Foldings.Width)]
    [InlineData("コカイン", "ｺｶｲﾝを買う", "ｺｶｲﾝ", Foldings.Width)]
    [InlineData("ガンジャ", "ｶﾞﾝｼﾞｬ", "ｶﾞﾝｼﾞｬ", Foldings.Width)]
    [InlineData("heroin", "ⓗⓔⓡⓞⓘⓝ", "ⓗⓔⓡⓞⓘⓝ", Foldings.Compatibility)]
    [InlineData("heroin", "Ⓗⓔⓡⓞⓘⓝ", "Ⓗⓔⓡⓞⓘⓝ", Foldings.Compatibility | Foldings.Case)]
    [InlineData("heroin", "𝐡𝐞𝐫𝐨𝐢𝐧", "𝐡𝐞𝐫𝐨𝐢𝐧", Foldings.Compatibility)]
    [InlineData("heroin", "𝓱𝓮𝓻𝓸𝓲𝓷", "𝓱𝓮𝓻𝓸𝓲𝓷", Foldings.Compatibility)]
    [InlineData("heroin", "𝔥𝔢𝔯𝔬𝔦𝔫", "𝔥𝔢𝔯𝔬𝔦𝔫", Foldings.Compatibility)]
    [InlineData("heroin", "𝚑𝚎𝚛𝚘𝚒𝚗", "𝚑𝚎𝚛𝚘𝚒𝚗", Foldings.Compatibility)]
    [InlineData("heroin", "ʰᵉʳᵒⁱⁿ", "ʰᵉʳᵒⁱⁿ", Foldings.Compatibility)]
    [InlineData("heroin", "🄷🄴🅁🄾🄸🄽", "🄷🄴🅁🄾🄸🄽", Foldings.Compatibility)]
    [InlineData("heroin", "⒣⒠⒭⒪⒤⒩", "⒣⒠⒭⒪⒤⒩", Foldings.Compatibility)]
    [InlineData("match fixing", "match ﬁxing", "match ﬁxing", Foldings.Compatibility)]
    [InlineData("5kg", "给我 5㎏ 吧", "5㎏", Foldings.Compatibility)]
    [InlineData("一夜情", "㊀夜情", "㊀夜情", Foldings.Compatibility)]
    public Task Case33_WidthAndCompatibilityForms_AreHits(string term, string text, string hit, Foldings needed) =>
        Evasion.AssertHitAsync(term, text, hit, needed);

    [Theory]
    [InlineData("Ｔｈｅ ｈｅｒｏ ｉｎ ｔｈｅ ｆｉｌｍ", "heroin|block|word")]
    [InlineData("x² + y² = r², ½ 杯，第①步，㈱日本，№ 5，™", "x2x", "1步二", "tm1")]
    [InlineData("半角ｶﾀｶﾅと全角ＡＢＣ", "コカイン", "abd")]
    public Task Case33_Twin_OrdinaryFormsPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("\u200B")] // zero-width space
    [InlineData("\u200C")] // non-joiner
    [InlineData("\u200D")] // joiner
    [InlineData("\u200E")] // left-to-right mark
    [InlineData("\u200F")] // right-to-left mark
    [InlineData("\u2060")] // word joiner
    [InlineData("\u2063")] // invisible separator
    [InlineData("\uFEFF")] // byte order mark
    [InlineData("\u00AD")] // soft hyphen
    [InlineData("\u202A")] // bidi embedding
    [InlineData("\u202E")] // bidi override
    [InlineData("\u2066")] // bidi isolate
    [InlineData("\u2069")] // end of isolate
    [InlineData("\u061C")] // Arabic letter mark
    [InlineData("\u180E")] // Mongolian vowel separator
    [InlineData("\u034F")] // combining grapheme joiner
    [InlineData("\uFE0E")] // variation selector 15
    [InlineData("\uFE0F")] // variation selector 16
    [InlineData("\U000E0100")] // variation selector 17
    [InlineData("\U000E0061")] // tag a
    [InlineData("\U000E007F")] // cancel tag
    [InlineData("\u115F")] // Hangul choseong filler
    [InlineData("\u1160")] // Hangul jungseong filler
    [InlineData("\u3164")] // Hangul filler
    [InlineData("\uFFA0")] // half-width Hangul filler
    [InlineData("\0")]
    public async Task Case34_InvisibleCharacters_AreHits(string invisible)
    {
        foreach (var term in new[] { "heroin", "法轮功" })
        {
            // Once, between all characters, and many times over: nobody sees how many there are.
            var spread = string.Join(invisible, term.ToCharArray());
            await Evasion.AssertHitAsync(term, $"x {spread} y", spread, Foldings.ZeroWidth);
            var deep = term[0] + string.Concat(Enumerable.Repeat(invisible, 100)) + term[1..];
            await Evasion.AssertHitAsync(term, $"x {deep} y", deep, Foldings.ZeroWidth);
        }
    }

    [Theory]
    [InlineData("我们一家👨‍👩‍👧‍👦去公园，奶奶👵🏽也去，🏳️‍🌈很漂亮", "一家园", "公园爷", "奶奶漂亮")]
    [InlineData("می‌خواهم کتاب‌ها را بخوانم", "میخ|block|word", "هم ک|block|word")]
    [InlineData("क्‍ष और श्र‍ी", "कष", "अर")]
    [InlineData("ശ്രീ‌ലങ്ക", "ലക")]
    [InlineData("❤️ ☀️ 1️⃣ ©️", "12|block|word", "c1")]
    [InlineData("co\u00ADoperation and re\u00ADsign", "opera|block|word", "sign|block|word")]
    public Task Case34_Twin_JoinersOfEmojiAndScriptsPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("heroin", "hеrоin", "hеrоin", Foldings.Confusable)] // Cyrillic е, о
    [InlineData("heroin", "HЕRОIN", "HЕRОIN", Foldings.Confusable)] // Cyrillic Е, О
    [InlineData("heroin", "herοin", "herοin", Foldings.Confusable)] // Greek ο
    [InlineData("heroin", "ΗERΟIN", "ΗERΟIN", Foldings.Confusable)] // Greek Η, Ο
    [InlineData("cocaine", "сосаіnе", "сосаіnе", Foldings.Confusable)] // one Latin letter left
    [InlineData("kill", "кill", "кill", Foldings.Confusable)] // к, which Unicode's table does not list
    [InlineData("bomb", "вomв", "вomв", Foldings.Confusable)]
    [InlineData("heroin", "herօin", "herօin", Foldings.Confusable)] // Armenian
    [InlineData("heroin", "ʜᴇʀᴏɪɴ", "ʜᴇʀᴏɪɴ", Foldings.Confusable)] // small capitals
    [InlineData("heroin", "hɛroɨn", "hɛroɨn", Foldings.Confusable)]
    [InlineData("heroin", "hꓰroꓲn", "hꓰroꓲn", Foldings.Confusable)] // Lisu
    [InlineData("heroin", "HᎬROIN", "HᎬROIN", Foldings.Confusable)] // Cherokee
    [InlineData("heroin", "🅷🅴🆁🅾🅸🅽", "🅷🅴🆁🅾🅸🅽", Foldings.Confusable)] // negative squared
    public Task Case35_LookAlikesInLatinWords_AreHits(string term, string text, string hit, Foldings needed) =>
        Evasion.AssertHitAsync(term, text, hit, needed);

    [Theory]
    [InlineData("Лиса сидит в норе.", "hope|block")] // норе looks like hope
    [InlineData("Выметай сор из избы, там веер и роса.", "cop", "beep", "poca")]
    [InlineData("НОРЕ, СОР, ВЕЕР, РОСА", "hope", "cop", "beep", "poca")]
    [InlineData("Η όχι, νόμος είναι.", "oxi", "vomos", "nomos")]
    [InlineData("Купил iPhone, USB-кабель и Wi-Fi-роутер; 3D-печать, Xbox’а нет.", "usbk", "fip", "neta|block")]
    [InlineData("α-lipoic acid, β-carotene, Δt, π/2, 10 µm, σ-algebra, Ωm", "bcarotene and", "pi2", "dt|block|word")]
    public Task Case35_Twin_RussianAndGreekPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("героин", "Продам ГЕРОИН дёшево", "ГЕРОИН", Foldings.Case)]
    [InlineData("ГЕРОИН", "продам героин", "героин", Foldings.None)]
    [InlineData("ηρωίνη", "ΗΡΩΊΝΗ", "ΗΡΩΊΝΗ", Foldings.Case)]
    public Task Case35_TermsInRussianAndGreek_AreFoundInTheirOwnText(string term, string text, string hit, Foldings needed) =>
        Evasion.AssertHitAsync(term, text, hit, needed);

    [Theory]
    [InlineData("heroin", "HEROİN", "HEROİN", Foldings.Case)]
    [InlineData("heroin", "heroın", "heroın", Foldings.Case)]
    [InlineData("HEROİN", "heroin", "heroin", Foldings.Case)]
    [InlineData("scheisse", "So eine Scheiße!", "Scheiße", Foldings.Case)]
    [InlineData("scheiße", "SCHEISSE", "SCHEISSE", Foldings.Case)]
    [InlineData("scheiße", "SCHEIẞE", "SCHEIẞE", Foldings.Case)]
    [InlineData("kill", "\u212Aill", "\u212Aill", Foldings.Compatibility)] // the Kelvin sign
    [InlineData("heroin", "h\u0336e\u0336r\u0336o\u0336i\u0336n\u0336", "h\u0336e\u0336r\u0336o\u0336i\u0336n\u0336", Foldings.CombiningMark)]
    [InlineData("heroin", "hé́́rőïn", "hé́́rőïn", Foldings.CombiningMark)]
    [InlineData("法轮功", "法\u0336轮\u20DD功\u0338", "法\u0336轮\u20DD功", Foldings.CombiningMark)]
    public async Task Case42_CasingTrapsAndMarks_AreHitsAtOriginalOffsets(string term, string text, string hit, Foldings needed)
    {
        // In front stand characters that fold to more or fewer ones: offsets must not shift.
        foreach (var before in new[] { "", "ßﬃ㎏ ", "e\u0301\u200B😀 ", "İİ " })
        {
            var detection = Assert.Single(await Evasion.FindAsync(LexiconText.Of([term]), before + text));
            var found = (before + text).Substring(detection.Start, detection.Length);
            // A mark after the last letter may belong to the hit or not.
            Assert.Contains(found, new[] { hit, hit.TrimEnd('\u0336') });
            Assert.True((detection.Foldings & needed) == needed, $"{detection.Foldings} does not name {needed}.");
        }
    }

    [Theory]
    [InlineData("İstanbul'da ılık bir gün", "istan|block|word", "ilikbi")]
    [InlineData("Die Straße misst 5 Maß", "mast", "strafe")]
    [InlineData("naïve café résumé", "cafes", "resumes")]
    [InlineData("مُحَمَّد يَكْتُب", "محب")]
    public Task Case42_Twin_SpellingsOfLanguagesPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);
}
