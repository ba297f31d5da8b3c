using Gateway.Inspection.Detectors;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Detectors;

public sealed class TermOptionTests
{
    [Theory]
    [InlineData("枪|block|near:出售:6", "出售二手枪", 1)]
    [InlineData("枪|block|near:出售:6", "枪 现货 出售", 1)]
    [InlineData("枪|block|near:出售:6", "出－售 枪", 1)]
    [InlineData("枪|block|near:出售:6", "这里出售的东西很多但是没有枪", 0)]
    [InlineData("枪|block|near:出售:6", "枪", 0)]
    [InlineData("kill|block|not-near:process:12", "kill the process", 0)]
    [InlineData("kill|block|not-near:process:12", "Process 17: kill", 0)]
    [InlineData("kill|block|not-near:process:12", "kill him", 1)]
    [InlineData("kill|block|not-near:process:12", "kill him in the process", 1)]
    [InlineData("kill|block|not-near:process:12,not-near:game:20", "kill in the game", 0)]
    [InlineData("kill|block|near:him:8,word", "skill him", 0)]
    [InlineData("heroin|block|leet", "h3r01n", 1)]
    [InlineData("heroin|block|leet", "h€roin", 0)]
    [InlineData("90249|block|leet", "9⓿二肆⁹", 1)]
    public async Task DetectAsync_Options_DecideAlikeWholeAndInEverySplit(string term, string text, int hits)
    {
        var detector = new KeywordDetector(LexiconText.Of([term]));
        var whole = new DetectionList();
        await detector.DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), whole, CancellationToken.None);
        Assert.Equal(hits, whole.Total);

        for (var cut = 0; cut <= text.Length; cut++)
        {
            var replay = new StreamReplay(detector);
            await replay.ReadAsync(text[..cut], false);
            await replay.ReadAsync(text[cut..], false);
            await replay.ReadAsync("", true);
            Assert.Equal(hits, replay.Found.Total);
            if (hits > 0) Assert.Equal((whole[0].Start, whole[0].Length), (replay.Found[0].Start, replay.Found[0].Length));
        }
    }

    [Fact]
    public async Task DetectAsync_NearTermStillPossible_IsHeldUntilItIsTooFar()
    {
        var replay = new StreamReplay(new KeywordDetector(LexiconText.Of(["kill|block|not-near:process:8"])));
        await replay.ReadAsync("kill", false);
        Assert.Equal(4, replay.Held);
        await replay.ReadAsync(" the pr", false);
        Assert.Equal(11, replay.Held);
        await replay.ReadAsync("ince", false);
        Assert.Equal(1, replay.Found.Total);
        Assert.Equal(0, replay.Found[0].Start);
    }

    [Theory]
    [InlineData("法轮功|block|pinyin", "falungong", Foldings.Pinyin)]
    [InlineData("法轮功|block|pinyin", "fa lun gong", Foldings.Pinyin)]
    [InlineData("法轮功|block|initials", "flg", Foldings.Initials)]
    [InlineData("法轮功|block|homophone", "发伦功", Foldings.Homophone)]
    [InlineData("法轮功|block|split", "氵去轮功", Foldings.Split)]
    public async Task DetectAsync_VariantSpellings_LabelOnly(string term, string text, Foldings variant)
    {
        var found = new DetectionList();
        await new KeywordDetector(LexiconText.Of([term])).DetectAsync(TextWindow.Whole(text.AsMemory(), TextSide.Prompt), found, CancellationToken.None);
        var detection = Assert.Single(found.ToArray());
        Assert.True(detection.LabelsOnly);
        Assert.Equal(variant, detection.Foldings & variant);
    }
}
