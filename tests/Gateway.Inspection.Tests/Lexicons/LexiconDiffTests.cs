using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Lexicons;

public sealed class LexiconDiffTests
{
    private static readonly LexiconDiff Diff = new(
        LexiconText.Of(["alder", "birch", "cedar|review", "same", "moved", "worded"], "alderman"),
        LexiconText.Of(["moved", "SAME", "birch|review", "cedar|review", "dogwood", "elm|watch", "worded|block|word", "fir|review"], "birchwood"));

    [Fact]
    public void Terms_AreAddedRemovedAndChangedByMeaningNotByPlace()
    {
        Assert.Equal(
            ["added dogwood", "added elm", "added fir", "added-allow birchwood", "changed birch", "changed worded", "removed alder", "removed-allow alderman"],
            Diff.Terms.Select(term => $"{term.Kind} {term.Term}").Order(StringComparer.Ordinal));
        var birch = Diff.Terms.Single(term => term.Term == "birch");
        Assert.Equal(("other-prohibited block", "other-prohibited review", "t.tsv:3"), (birch.Before, birch.After, birch.Rule));
        Assert.Equal("other-prohibited block word", Diff.Terms.Single(term => term.Term == "worded").After);
        var alder = Diff.Terms.Single(term => term.Term == "alder");
        Assert.Equal(("other-prohibited block", null, "t.tsv:1"), (alder.Before, alder.After, alder.Rule));
    }

    [Theory]
    [InlineData("a dogwood tree", "blocked", GuardAction.Allow, GuardAction.Block, "t.tsv:5")]
    [InlineData("an alder tree", "released", GuardAction.Block, GuardAction.Allow, "t.tsv:1")]
    [InlineData("a birch tree", "released", GuardAction.Block, GuardAction.Label, "t.tsv:2")]
    [InlineData("rewordedly", "released", GuardAction.Block, GuardAction.Allow, "t.tsv:6")]
    [InlineData("a fir tree", "labelled", GuardAction.Allow, GuardAction.Label, "t.tsv:8")]
    [InlineData("cedar and fir", "blocked", GuardAction.Label, GuardAction.Block, "t.tsv:4 t.tsv:8")]
    public async Task Compare_ATextThatChanges_SaysHowAndWhy(string text, string kind, GuardAction before, GuardAction after, string rules)
    {
        var change = await Diff.CompareAsync(text, TextSide.Response);

        Assert.NotNull(change);
        Assert.Equal((kind, before, after), (change.Kind, change.Before, change.After));
        Assert.Equal(rules, string.Join(' ', change.Rules));
    }

    [Theory]
    [InlineData("")]
    [InlineData("an oak")]
    [InlineData("all the same")]
    [InlineData("a cedar")]
    [InlineData("an elm")]
    public async Task Compare_ATextThatStays_IsNoChange(string text) => Assert.Null(await Diff.CompareAsync(text, TextSide.Prompt));

    [Fact]
    public void Terms_ThatDifferInOptionsAlone_AreChanged()
    {
        var diff = new LexiconDiff(LexiconText.Of(["alder|block|word,near:birch:5", "cedar|block|leet,word"]), LexiconText.Of(["alder|block|word,near:birch:6", "cedar|block|word,leet"]));

        var change = Assert.Single(diff.Terms);
        Assert.Equal(("alder", "other-prohibited block word,near:birch:5", "other-prohibited block word,near:birch:6"), (change.Term, change.Before, change.After));
    }

    [Fact]
    public void Change_FromLabelToAllow_IsUnlabelled() =>
        Assert.Equal("unlabelled", new TextChange(GuardAction.Label, GuardAction.Allow, []).Kind);
}
