using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;
using Gateway.TestSupport;

namespace Gateway.Inspection.Tests.Evasion;

/// <summary>
/// Case 43 of the bypass catalogue, and the benign twins of all others against the lexicon that ships: with every folding on, text
/// that people write at work must not be blocked.
/// </summary>
public sealed class InnocentTextTests
{
    private static readonly Lazy<KeywordDetector> Starter =
        new(() => new KeywordDetector(LexiconLoader.Load(Path.Combine(Repository.Root, "deploy", "lexicons", "starter"))));

    [Theory]
    [InlineData("这件事惹了大麻烦", "大麻", "大麻烦")]
    [InlineData("Greetings from Scunthorpe", "cunt", "Scunthorpe")]
    [InlineData("GREETINGS FROM ＳＣＵＮＴＨＯＲＰＥ", "cunt", "scunthorpe")]
    public async Task Case43_TheLongerAllowTermWins(string text, string term, string allow)
    {
        Assert.Empty(await Evasion.FindAsync(LexiconText.Of([term], allow), text));
        Assert.Single(await Evasion.FindAsync(LexiconText.Of([term]), text));
    }

    [Theory]
    [InlineData("Smoking is not allowed", "sm|block|word")]
    [InlineData("The classic assassin assesses", "ass|block|word")]
    [InlineData("Pakistan and Essex, Sussex, Dickens, cockpit, therapist", "sex|block|word", "dick|block|word", "cock|block|word", "rapist|block|word", "paki|block|word")]
    [InlineData("method and methane", "meth|block|word")]
    public Task Case43_WordTermsInsideOtherWordsPass(string text, params string[] terms) => Evasion.AssertPassesAsync(text, terms);

    [Theory]
    [InlineData("大麻，烦请联系", "大麻", "大麻烦")] // the allow term is not what is written
    [InlineData("大-麻烦", "大麻", "大麻烦")]
    [InlineData("大麻烦恼", "烦恼", "大麻烦")]
    public async Task Case43_AnAllowTermCoversOnlyWhatLiesInsideAndIsPlain(string text, string term, string allow) =>
        Assert.Single(await Evasion.FindAsync(LexiconText.Of([term], allow), text));

    [Theory]
    [InlineData("周末全家👨‍👩‍👧‍👦去爬山🏔️，奶奶👵🏽和爷爷👴🏻在家包饺子🥟。1️⃣洗菜 2️⃣和面 3️⃣下锅 ❤️")]
    [InlineData("👩🏽‍💻👨‍🚀🧑‍🤝‍🧑🏳️‍🌈🇨🇳🇺🇸🇸🇲🇧🇷 team photo!")]
    [InlineData("В воскресенье мы с семьёй поехали на дачу: собрали яблоки, сварили варенье и допоздна сидели у костра. Сор вынесли, веер нашли.")]
    [InlineData("Согласно пункту 3.2 договора, арендатор обязан вносить плату не позднее пятого числа каждого месяца. Тел.: 8 (495) 123-45-67.")]
    [InlineData("ВНИМАНИЕ! ПОЕЗД СЛЕДУЕТ БЕЗ ОСТАНОВОК. НЕ ПРИСЛОНЯТЬСЯ. ХОР, РОТА, НОС, МОРЕ.")]
    [InlineData("Ο καιρός σήμερα είναι καλός· θα πάμε στη θάλασσα με τα παιδιά. Όχι, δεν έχω χρόνο το πρωί.")]
    [InlineData("ΠΡΟΣΟΧΗ: ΤΟ ΚΑΤΑΣΤΗΜΑ ΘΑ ΠΑΡΑΜΕΙΝΕΙ ΚΛΕΙΣΤΟ ΤΗΝ ΚΥΡΙΑΚΗ.")]
    [InlineData("می‌خواهم فردا به کتابخانه بروم و کتاب‌های تازه را ببینم.")]
    [InlineData("مُحَمَّدٌ يَكْتُبُ رِسَالَةً إِلَى صَدِيقِهِ فِي القَاهِرَةِ.")]
    [InlineData("आज मौसम अच्छा है, हम बच्चों के साथ पार्क जाएँगे। क्‍या आप आएँगे?")]
    [InlineData("今日は天気が良いので、家族と公園へ行きました。ｶﾒﾗを忘れて残念。広島の駅で弁当を買う。")]
    [InlineData("오늘은 날씨가 좋아서 공원에 갔어요. ㅋㅋㅋ 정말 재미있었어요 ㅠㅠ")]
    [InlineData("臺北今天下雨，麵店後面的鐘錶行關門了；乾麵三碗、著名的滷味一份，謝謝。")]
    [InlineData("iPhone 15 Pro Max 256GB ¥9,999.00，RTX 4090 24GB $1,599.99，Core i7-14700K，50% off，SKU: H3R-01/N，9:00 a.m.–5:30 p.m.")]
    [InlineData("The 3M N95 mask, a 9mm drill bit, AK-47 in the museum's catalogue no. 8964-B, Boeing 737-800, Windows 3.1, B2B, P2P, MP3, H&M, AT&T, R&D, S&P 500.")]
    [InlineData("for (int i = 0; i < n; i++) { s += a[i] * b[i]; } // sum of a*b; returns s\nif (x == 0xDEADBEEF && !done) return ~x | (1 << 5);")]
    [InlineData("SELECT u.id, u.name FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.total > 100 GROUP BY 1, 2 HAVING COUNT(*) > 3;")]
    [InlineData("def fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n\nassert fib(10) == 55")]
    [InlineData("<div class=\"card\"><b>Hello</b>&nbsp;<i>world</i> &amp; friends<br/><img src=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\"></div>")]
    [InlineData("git commit 3f2a9c1e8b7d6054; sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855; uuid 123e4567-e89b-12d3-a456-426614174000")]
    [InlineData("| 项目 | 数量 | 单价 |\n|---|---:|---:|\n| 苹果 | 3 | ¥5.50 |\n| 大米 | 10 | ¥4.20 |\n\n**合计**：¥58.50")]
    [InlineData("这套房间很大，麻雀也多；他是法国人，轮到他时要用功。一共三条：1. 法律 2. 轮换 3. 功能。")]
    [InlineData("爸爸妈妈、爷爷奶奶、哥哥姐姐都来了，大家高高兴兴、热热闹闹，谢谢大大方方的主人。")]
    [InlineData("He was a hero in town. The pen is on the desk. As soon as she got up, his hit song came on. Who re-read it? I can't, it's hard on me.")]
    [InlineData("A classic class assignment: assess the bass passage, then pass the cockpit to Dickens in Essex. Miss Moore's book is good, too.")]
    [InlineData("Wow!!! Sooooo goooood, yesss!!! Hmmm... zzz")]
    [InlineData("α-lipoic acid and β-carotene; Δt = 5 µs, 10 Ω, σ-algebra, π/2, ∑x², ½ cup, 25 °C, naïve café résumé, Straße, İstanbul, smørrebrød, đồng.")]
    public async Task Twins_WithEveryFoldingAndTheLexiconThatShips_AreNotBlocked(string text)
    {
        var deciding = (await Evasion.FindAsync(Starter.Value, text)).Where(hit => hit.Tier == Tier.Block && !hit.LabelsOnly).ToArray();
        Assert.True(
            deciding.Length == 0,
            string.Join(", ", deciding.Select(hit => $"{hit.Rule} at '{text.Substring(hit.Start, hit.Length)}' ({hit.Foldings})")));
    }

    [Theory]
    [InlineData("heroin", "HEROIN", Foldings.Case)]
    [InlineData("heroin", "ｈｅｒｏｉｎ", Foldings.Width)]
    [InlineData("heroin", "𝐡𝐞𝐫𝐨𝐢𝐧", Foldings.Compatibility)]
    [InlineData("heroin", "he\u200Broin", Foldings.ZeroWidth | Foldings.Separator)] // without the first it is a separator like others
    [InlineData("heroin", "he\u0336roin", Foldings.CombiningMark)]
    [InlineData("法轮功", "法輪功", Foldings.Traditional)]
    [InlineData("heroin", "herоin", Foldings.Confusable)]
    [InlineData("heroin", "h-e-r-o-i-n", Foldings.Separator)]
    [InlineData("heroin", "he<b>ro</b>in", Foldings.Markup)]
    [InlineData("heroin", "heeeeroin", Foldings.Repetition)]
    [InlineData("heroin|block|leet", "h3roin", Foldings.Leet)]
    [InlineData("法轮功|block|pinyin", "falungong", Foldings.Pinyin)]
    [InlineData("法轮功|block|initials", "flg", Foldings.Initials)]
    [InlineData("法轮功|block|homophone", "发轮功", Foldings.Homophone)]
    [InlineData("法轮功|block|split", "氵去轮功", Foldings.Split)]
    [InlineData("heroin", "aG93IHRvIGNvb2sgaGVyb2luIGF0IGhvbWU=", Foldings.Encoding)]
    public async Task EveryFolding_CanBeSwitchedOff(string term, string text, Foldings folding)
    {
        async Task<int> CountAsync(Foldings foldings)
        {
            return (await Evasion.FindAsync(new KeywordDetector(LexiconText.Of([term]), foldings), text)).Length;
        }

        Assert.Equal(1, await CountAsync(KeywordDetector.DefaultFoldings));
        Assert.Equal(0, await CountAsync(KeywordDetector.DefaultFoldings & ~folding));
    }
}
