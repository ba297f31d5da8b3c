using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Detectors;

public sealed class KeywordDetectorTests
{
    [Theory]
    [InlineData("Heroin", "buy Heroin now", "Heroin", Foldings.None)]
    [InlineData("Heroin", "buy HEROIN now", "HEROIN", Foldings.Case)]
    [InlineData("heroin", "buy ｈｅｒｏｉｎ now", "ｈｅｒｏｉｎ", Foldings.Width)]
    [InlineData("heroin", "Ⓗⓔⓡⓞⓘⓝ", "Ⓗⓔⓡⓞⓘⓝ", Foldings.Compatibility | Foldings.Case)]
    [InlineData("法轮功", "x法\u200B轮\u2060功\u200Dy", "法\u200B轮\u2060功", Foldings.ZeroWidth)]
    [InlineData("heroin", "h\u0336e\u0336roin", "h\u0336e\u0336roin", Foldings.CombiningMark)]
    [InlineData("heroïn", "heroin", "heroin", Foldings.CombiningMark)]
    [InlineData("5kg", "give 5㎏!", "5㎏", Foldings.Compatibility)]
    public async Task DetectAsync_FoldedForms_ReportOriginalOffsetsAndFoldings(string term, string text, string expected, Foldings foldings)
    {
        var detection = Assert.Single(await FindAsync(LexiconText.Of([term]), text));
        Assert.Equal(expected, text.Substring(detection.Start, detection.Length));
        Assert.Equal(foldings, detection.Foldings);
        Assert.Equal(("other-prohibited", "keyword", "t.tsv:1", Tier.Block, 1f), (detection.Risk, detection.Detector, detection.Rule, detection.Tier, detection.Score));
    }

    [Theory]
    [InlineData("买crystal meth的", 1)]
    [InlineData("crystal meth", 1)]
    [InlineData("(crystal meth)", 1)]
    [InlineData("crystal methane", 0)]
    [InlineData("1crystal meth", 0)]
    [InlineData("crystal meth_x", 0)]
    [InlineData("ｘcrystal meth", 0)]
    [InlineData("crystal méth", 1)]
    [InlineData("crystal meth\u0336", 1)]
    [InlineData("crystal meth\u200Bane", 0)]
    [InlineData("crystal methи", 0)]
    [InlineData("crystal meth𝐚", 0)]
    [InlineData("crystal meth을", 1)]
    [InlineData("crystal meth😀", 1)]
    public async Task DetectAsync_WholeWord_LooksAtNeighbours(string text, int hits) =>
        Assert.Equal(hits, (await FindAsync(LexiconText.Of(["crystal meth|block|word"]), text)).Length);

    [Fact]
    public async Task DetectAsync_WholeWordOfChinese_IsNotJoinedByLatin() =>
        Assert.Single(await FindAsync(LexiconText.Of(["大麻|block|word"]), "a大麻b"));

    [Theory]
    [InlineData("大麻烦", 0)]
    [InlineData("大麻，烦请联系", 1)]
    [InlineData("大麻 烦", 1)]
    [InlineData("大麻\u200B烦", 1)]
    [InlineData("大\u200B麻烦", 1)]
    [InlineData("大麻烦大麻", 1)]
    [InlineData("SCUNTHORPE", 0)]
    [InlineData("ｓｃｕｎｔｈｏｒｐｅ", 0)]
    [InlineData("scunthorp", 1)]
    public async Task DetectAsync_AllowTerm_SuppressesWhatLiesInside(string text, int hits)
    {
        var lexicon = LexiconText.Of(["大麻", "cunt|review"], "大麻烦", "Scunthorpe");
        Assert.Equal(hits, (await FindAsync(lexicon, text)).Length);
    }

    [Fact]
    public async Task DetectAsync_AllowTerm_LeavesWatchAndOverlappingTerms()
    {
        var found = await FindAsync(LexiconText.Of(["大麻|watch", "麻烦制造|block"], "大麻烦"), "大麻烦制造");
        Assert.Equal(["t.tsv:1", "t.tsv:2"], found.Select(detection => detection.Rule));
    }

    [Fact]
    public async Task DetectAsync_Context_IsNotReportedAgain()
    {
        var detector = new KeywordDetector(LexiconText.Of(["ab", "cd|watch"]));
        var found = new DetectionList();
        await detector.DetectAsync(new TextWindow("abcdabcd".AsMemory(), 4, true, TextSide.Response), found, CancellationToken.None);
        Assert.Equal([4, 6], found.ToArray().Select(detection => detection.Start));
    }

    [Fact]
    public async Task DetectAsync_BlockBorders_LoseNothing()
    {
        // Hits at every offset around the borders of the blocks a long text is folded in.
        var detector = new KeywordDetector(LexiconText.Of(["大麻油"], "大麻油菜"));
        for (var shift = 4080; shift < 4110; shift++)
        {
            var text = new string('好', shift) + "大麻油菜大\u200B麻油" + new string('好', 5000) + "\U0001D41F大麻油";
            var found = new DetectionList();
            await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None);
            Assert.Equal([shift + 4, shift + 5010], found.ToArray().Select(detection => detection.Start));
        }
    }

    [Fact]
    public async Task DetectAsync_TextAfterText_IsReadAfresh()
    {
        // Long texts are read where something may begin; what was read of the text before must not answer for the next one.
        var detector = new KeywordDetector(LexiconText.Of(["大麻油"]));
        var found = new DetectionList();
        for (var shift = 0; shift < 64; shift++)
        {
            found.Clear();
            var text = new string('好', 200 + shift * 7 % 64) + "大麻油" + new string('好', 300);
            await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None);
            Assert.Equal([text.IndexOf('大', StringComparison.Ordinal)], found.ToArray().Select(detection => detection.Start));
        }
    }

    [Fact]
    public async Task DetectAsync_NothingFound_AllocatesNothing()
    {
        var detector = new KeywordDetector(LexiconText.Of(["大麻", "hash|block|word", "wat|watch"], "大麻烦"));
        var found = new DetectionList();
        var text = string.Concat(Enumerable.Repeat("今天天气很好，we are fine。ＡＢＣ é 大人 has😀 ", 2000)).AsMemory();
        var window = TextWindow.Whole(text, TextSide.Prompt);
        // Code that the compiler has not optimised yet may box a value; what counts is where it settles.
        var allocated = long.MaxValue;
        for (var round = 0; round < 200 && allocated > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 50; i++) await detector.DetectAsync(window, found, CancellationToken.None);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, found.Total);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task DetectAsync_LargeText_StaysWithinItsBuffers()
    {
        var detector = new KeywordDetector(LexiconText.Of(["大麻"], "大麻烦"));
        var text = string.Concat(Enumerable.Repeat("大麻烦大麻", 200_000)).AsMemory();
        var found = new DetectionList();
        await detector.DetectAsync(TextWindow.Whole(text, TextSide.Prompt), found, CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();
        found.Clear();
        await detector.DetectAsync(TextWindow.Whole(text, TextSide.Prompt), found, CancellationToken.None);
        Assert.Equal(200_000, found.Total);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public async Task DetectAsync_ManyThreads_AnswerAlike()
    {
        var detector = new KeywordDetector(LexiconText.Of(["大麻", "hash|review|word", "ab|watch"], "大麻烦"));
        var texts = Enumerable.Range(0, 64).Select(i => string.Concat(Enumerable.Repeat("大麻烦 大麻 hash hashed ab", i))).ToArray();
        var expected = new int[texts.Length];
        for (var i = 0; i < texts.Length; i++) expected[i] = await CountAsync(texts[i]);

        await Parallel.ForAsync(0, 4000, async (i, _) => Assert.Equal(expected[i % texts.Length], await CountAsync(texts[i % texts.Length])));

        async ValueTask<int> CountAsync(string text)
        {
            var found = new DetectionList();
            await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None);
            return found.Total;
        }
    }

    [Fact]
    public async Task DetectAsync_EmptyLexicon_FindsNothing()
    {
        Assert.Empty(await FindAsync(Lexicon.Empty, "anything"));
        Assert.Equal("none", Lexicon.Empty.Version);
    }

    [Fact]
    public async Task DetectAsync_Cancelled_Throws()
    {
        var detector = new KeywordDetector(LexiconText.Of(["ab"]));
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
            await detector.DetectAsync(TextWindow.Whole("abc".AsMemory(), TextSide.Prompt), new DetectionList(), new CancellationToken(true)));
    }

    private static async Task<Detection[]> FindAsync(Lexicon lexicon, string text)
    {
        var found = new DetectionList();
        Assert.Equal(0, await new KeywordDetector(lexicon).DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None));
        return found.ToArray();
    }
}
