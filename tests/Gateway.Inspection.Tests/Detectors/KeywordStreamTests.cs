using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;

namespace Gateway.Inspection.Tests.Detectors;

public sealed class KeywordStreamTests
{
    [Theory]
    [InlineData(1, "abc", "abAbcaB cＡ")]
    [InlineData(2, "大麻烦b", "大麻烦b大麻x，")]
    [InlineData(3, "abカガ", "abａカｶﾞ\u3099カ\u200B\u0301")]
    [InlineData(4, "kgmf", "㎏kgm㎎ﬁf\U0001D41F_ ")]
    [InlineData(5, "ab", "aaabbb\u200B\u0301_中\u00AD")]
    [InlineData(6, "abc ", "aaabbbccc   .-'\n")]
    [InlineData(7, "大麻烦", "大大麻麻烦烦 ，-。\n\u200B")]
    [InlineData(8, "大麻a", "大麻a<b></i>< >")]
    [InlineData(9, "1a2", "112aa2 ,.")]
    [InlineData(10, "abＡ大-+ ", "ab大麻- +_")]
    public async Task DetectAsync_RandomStreams_EqualWholeTextInEveryWay(int kind, string termAlphabet, string textAlphabet)
    {
        for (var round = 0; round < 500; round++)
        {
            var seed = kind * 1_000_000 + round;
            var random = new Random(seed);
            var lexicon = RandomLexicon(random, termAlphabet);
            var text = Word(random, textAlphabet, random.Next(0, 40));
            var detector = new KeywordDetector(lexicon);
            await CheckWholeAsync(seed, detector, text);
            for (var cut = 0; cut < 3; cut++) await CheckStreamAsync(seed, detector, text, random, random.Next(1, 6));
            for (var cut = 0; cut < 3; cut++) await CheckStreamAsync(seed, detector, text, random, random.Next(1, 6), holdsHints: false);
        }
    }

    [Theory]
    [InlineData("大麻烦，大麻，大麻烦请联系，我要 hash 和 hashtag，ＨＡＳＨ", 1)]
    [InlineData("h\u200Ba\u0301sh 大\u200B麻 crystal meth crystal\u00A0methane", 1)]
    public async Task DetectAsync_EverySplitInTwo_EqualsWholeText(string text, int seed)
    {
        var lexicon = LexiconText.Of(["大麻", "hash|review|word", "crystal meth|block|word", "大麻烦请|watch", "联系我|review"], "大麻烦", "hashtag");
        var oracle = new KeywordOracle(lexicon);
        var expected = oracle.HitsOf(text);
        for (var cut = 0; cut <= text.Length; cut++)
        {
            var replay = new StreamReplay(new KeywordDetector(lexicon));
            await ReadAndCheckAsync(seed, oracle, replay, expected, text[..cut], false);
            await ReadAndCheckAsync(seed, oracle, replay, expected, text[cut..], false);
            await ReadAndCheckAsync(seed, oracle, replay, expected, "", true);
            AssertSame(seed, text, expected, replay.Found);
        }
    }

    [Theory]
    [InlineData(1, "abcdef", "abcdef    .")]
    [InlineData(2, "ab ", "aabb  .-'\n<b></i>")]
    [InlineData(3, "大麻烦法轮功", "大麻烦法轮功，- \u200B的一是")]
    [InlineData(4, "ab大麻", "abcd大麻烦 \u00AD\U0001D41F_")]
    [InlineData(5, "カガab", "カｶﾞガ\u3099ab ")]
    [InlineData(6, "aé𝐟", "aaaeéeff𝐟 12")]
    public async Task DetectAsync_LongTexts_AreFilteredWithoutLoss(int kind, string termAlphabet, string textAlphabet)
    {
        for (var round = 0; round < 80; round++)
        {
            var seed = kind * 10_000_000 + round;
            var random = new Random(seed);
            // One detector for several texts: nothing of one may be left over for the next. Terms that hardly occur, so that the text
            // is read past and not only into hits.
            var detector = new KeywordDetector(RandomLexicon(random, termAlphabet, 12));
            for (var i = 0; i < 3; i++)
            {
                var text = Word(random, textAlphabet, random.Next(60, 200));
                if (random.Next(3) == 0) text += new string('x', random.Next(1000, 1100)) + Word(random, textAlphabet, 40);
                await CheckWholeAsync(seed, detector, text);
            }
        }
    }

    [Fact]
    public async Task DetectAsync_BenignText_HoldsNothing()
    {
        var detector = new KeywordDetector(LexiconText.Of(["大麻", "hash|block|word", "wat|watch", "ガス爆発の作り方"], "大麻烦"));
        var replay = new StreamReplay(detector);
        foreach (var symbol in "今天天气很好 wa we are fine, 一切正常，麻烦你了。é😀")
        {
            await replay.ReadAsync(symbol.ToString(), false);
            Assert.Equal(char.IsHighSurrogate(symbol) ? 1 : 0, replay.Held);
        }

        Assert.Equal(0, replay.Found.Total);
    }

    [Theory]
    [InlineData("大麻", "大", 1, 0)]
    [InlineData("大麻", "大\u200B\u200B", 3, 0)]
    [InlineData("大麻", "大x", 0, 0)]
    [InlineData("大麻", "大麻", 0, 1)]
    [InlineData("大麻/大麻烦", "大麻", 2, 0)]
    [InlineData("大麻/大麻烦", "大麻烦", 0, 0)]
    [InlineData("大麻/大麻烦", "大麻，", 0, 1)]
    [InlineData("麻烦/大麻烦吗", "大麻烦", 2, 0)]
    [InlineData("hash|block|word", "hash", 4, 0)]
    [InlineData("hash|block|word", "hash\u0336", 5, 0)]
    [InlineData("hash|block|word", "hashe", 0, 0)]
    [InlineData("hash|block|word", "hash ", 0, 1)]
    [InlineData("hash|block|word", "hash的", 0, 1)]
    [InlineData("hash|watch|word", "hash", 1, 0)]
    [InlineData("hash|watch", "has", 0, 0)]
    [InlineData("aa", "aaaa", 1, 3)]
    public async Task DetectAsync_OpenWindow_HoldsExactly(string rules, string text, int held, int hits)
    {
        var parts = rules.Split('/');
        var detector = new KeywordDetector(LexiconText.Of([parts[0]], parts[1..]));
        var found = new DetectionList();
        Assert.Equal(held, await detector.DetectAsync(new TextWindow(text.AsMemory(), 0, false, TextSide.Response), found, CancellationToken.None));
        Assert.Equal(hits, found.Total);
    }

    [Theory]
    [InlineData("hash|block|word", "wash", 0)]
    [InlineData("hash|block", "wah", 1)]
    [InlineData("hash|block|word", "wa h", 1)]
    [InlineData("hash|block|word", "wah ", 0)]
    [InlineData("hash|block|word", "h ", 2)]
    [InlineData("h ash|block|word", "wah ", 0)]
    [InlineData("h ash|block", "wah ", 2)]
    [InlineData("h大麻|block", "wah ", 2)]
    [InlineData("h大麻|block|word", "wah ", 0)]
    [InlineData("大麻", "吃大 ", 2)]
    public async Task DetectAsync_InsideAWord_IsHeldOnlyForWhatCountsThere(string rule, string text, int held)
    {
        var detector = new KeywordDetector(LexiconText.Of([rule]));
        Assert.Equal(held, await detector.DetectAsync(new TextWindow(text.AsMemory(), 0, false, TextSide.Response), new DetectionList(), CancellationToken.None));
    }

    [Theory]
    [InlineData("hash|review", "has", 0)]
    [InlineData("hash|review", "hash has", 3)]
    [InlineData("hash|review|word", "hash", 1)]
    [InlineData("hash|block", "has", 3)]
    [InlineData("我想死|review", "我想", 0)]
    public async Task DetectAsync_HintsThatNothingCouldConfirm_AreNotHeld(string rule, string text, int held)
    {
        var detector = new KeywordDetector(LexiconText.Of([rule]));
        var window = new TextWindow(text.AsMemory(), 0, false, TextSide.Response) { HintsHeldFrom = int.MaxValue };
        Assert.Equal(held, await detector.DetectAsync(window, new DetectionList(), CancellationToken.None));
    }

    [Fact]
    public async Task DetectAsync_StretchedHints_AreFoundHoweverLong()
    {
        // Invisible characters between the letters: the beginning left long ago, yet must stay in sight.
        var stretched = string.Join(new string('\u200B', 400), "hash".ToCharArray());
        var replay = new StreamReplay(new KeywordDetector(LexiconText.Of(["hash|review", "wat|review"])), holdsHints: false);
        for (var at = 0; at < stretched.Length; at += 7) await replay.ReadAsync(stretched.Substring(at, Math.Min(7, stretched.Length - at)), false);
        await replay.ReadAsync(" and wa", false);
        Assert.Equal(1, replay.Found.Total);
        Assert.Equal(2, replay.Held);
        await replay.ReadAsync("t", true);
        Assert.Equal(2, replay.Found.Total);
    }

    [Theory]
    [InlineData(false, "f", 0)]
    [InlineData(true, "f", 1)]
    public async Task DetectAsync_SpellingsThatOnlyLabel_AreNotHeld(bool mayBlock, string text, int held)
    {
        var detector = new KeywordDetector(LexiconText.Of(["法轮功|block|pinyin"]), variantsMayBlock: mayBlock);
        var found = new DetectionList();
        Assert.Equal(held, await detector.DetectAsync(new TextWindow(text.AsMemory(), 0, false, TextSide.Response), found, CancellationToken.None));
        var replay = new StreamReplay(detector);
        foreach (var symbol in "see fa lun gong here") await replay.ReadAsync(symbol.ToString(), false);
        Assert.Equal(1, replay.Found.Total);
    }

    [Fact]
    public async Task DetectAsync_HalfASurrogatePair_IsHeld()
    {
        var replay = new StreamReplay(new KeywordDetector(LexiconText.Of(["hash"])));
        await replay.ReadAsync("x\uD835", false);
        Assert.Equal(1, replay.Held);
        await replay.ReadAsync("\uDC21ash.", false);
        Assert.Equal(0, replay.Held);
        Assert.Equal((1, 5), (replay.Found[0].Start, replay.Found[0].Length));
    }

    [Fact]
    public async Task DetectAsync_LongestTermCharacterByCharacter_IsHeldWhole()
    {
        var term = new string('a', LexiconLoader.MaxTermLength - 1) + "b";
        var replay = new StreamReplay(new KeywordDetector(LexiconText.Of([term])));
        await replay.ReadAsync("benign ", false);
        Assert.Equal(0, replay.Held);
        for (var i = 0; i < term.Length - 1; i++)
        {
            await replay.ReadAsync("a", false);
            Assert.Equal(i + 1, replay.Held);
        }

        await replay.ReadAsync("b", false);
        Assert.Equal(1, replay.Found.Total);
        Assert.Equal(7, replay.Found[0].Start);
    }

    private static Lexicon RandomLexicon(Random random, string alphabet, int longest = 5)
    {
        var lines = Enumerable.Range(0, random.Next(1, 6)).Select(_ =>
        {
            var tier = random.Next(4) switch { 0 => "watch", 1 => "review", _ => "block" };
            return Term(random, alphabet, longest) + "|" + tier + (random.Next(4) == 0 ? "|word" : "");
        });
        return LexiconText.Of([.. lines], [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Term(random, alphabet, 6))]);
    }

    private static string Term(Random random, string alphabet, int longest)
    {
        var term = Word(random, alphabet, random.Next(1, longest + 1)).Trim();
        return term.Any(unit => char.IsLetterOrDigit(unit) || char.IsSurrogate(unit)) ? term : Word(random, alphabet[..1], 1);
    }

    private static async Task CheckWholeAsync(int seed, KeywordDetector detector, string text)
    {
        var found = new DetectionList();
        var window = TextWindow.Whole(text.AsMemory(), TextSide.Prompt);
        Assert.Equal(0, await detector.DetectAsync(window, found, CancellationToken.None));
        AssertSame(seed, text, new KeywordOracle(detector.Lexicon).HitsOf(text), found);
    }

    private static async Task CheckStreamAsync(int seed, KeywordDetector detector, string text, Random random, int longestPiece, bool holdsHints = true)
    {
        var oracle = new KeywordOracle(detector.Lexicon);
        var expected = oracle.HitsOf(text);
        var replay = new StreamReplay(detector, holdsHints);
        var at = 0;
        while (at < text.Length)
        {
            var length = Math.Min(random.Next(0, longestPiece + 1), text.Length - at);
            at += length;
            // The end is sometimes known with the last piece, sometimes told after it.
            await ReadAndCheckAsync(seed, oracle, replay, expected, text.Substring(at - length, length), at == text.Length && random.Next(2) == 0);
        }

        if (replay.Held > 0 || text.Length == 0) await ReadAndCheckAsync(seed, oracle, replay, expected, "", true);
        AssertSame(seed, text, expected, replay.Found);
    }

    private static async Task ReadAndCheckAsync(
        int seed, KeywordOracle oracle, StreamReplay replay, List<KeywordOracle.Hit> expected, string piece, bool isFinal)
    {
        var (before, hintsFrom) = (replay.Released, replay.HintsFrom);
        await replay.ReadAsync(piece, isFinal);
        // Review terms are held from the end of the first one on, which may have come with this piece.
        var boundary = isFinal ? replay.Received.Length : Math.Max(before, oracle.LatestBoundary(replay.Received, before, Math.Min(hintsFrom, replay.HintsFrom)));
        Assert.True(replay.Released >= boundary, $"seed {seed}: released {replay.Released} of {replay.Received}, could have released {boundary}");
        foreach (var hit in expected.Where(hit => hit.Term.Tier != Tier.Watch && hit.Start < replay.Released && (hit.Term.Tier == Tier.Block || hit.Start >= replay.HintsFrom)))
            Assert.True(
                Enumerable.Range(0, replay.Found.Count).Any(i => replay.Found[i].Rule == hit.Term.Rule && replay.Found[i].Start == hit.Start),
                $"seed {seed}: characters of {hit} released before it was reported, in {replay.Received}");
    }

    private static void AssertSame(int seed, string text, List<KeywordOracle.Hit> expected, DetectionList found)
    {
        Assert.True(found.Total <= DetectionList.Capacity, "the test text has too many hits");
        var actual = found.ToArray().Select(detection => $"{detection.Start}..{detection.End} {detection.Rule}").Order(StringComparer.Ordinal);
        var wanted = expected.Select(hit => hit.ToString()).Order(StringComparer.Ordinal);
        Assert.True(wanted.SequenceEqual(actual), $"seed {seed}, text {text}: missed {string.Join(", ", expected.Where(h => !actual.Contains(h.ToString())).Select(h => h + "=" + h.Term.Text))}, found besides {string.Join(", ", actual.Except(wanted))}");
    }

    private static string Word(Random random, string alphabet, int length)
    {
        var symbols = alphabet.EnumerateRunes().ToArray();
        return string.Concat(Enumerable.Range(0, length).Select(_ => symbols[random.Next(symbols.Length)].ToString()));
    }
}
