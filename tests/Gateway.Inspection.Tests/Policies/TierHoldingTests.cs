using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Policies;

/// <summary>A stream holds back what a policy lets block, whatever its tier, and nothing that it only labels.</summary>
public sealed class TierHoldingTests : IDisposable
{
    private readonly PolicyFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"Tiers":{"any":{"review":"Block"}}}""", 4)]
    [InlineData("""{"Prompt":{"Tiers":{"any":{"review":"Block"}}}}""", 0)]
    public async Task ReviewTerm_ThatBlocks_IsHeld(string json, int held)
    {
        var policies = _files.Write("default", json).Book().Policies.Values;
        var detector = new KeywordDetector(LexiconText.Of(["大麻油菜籽|review"]), tiers: TierTable.Of(policies));

        // Without a classifier a first hint is not held at all.
        var window = new TextWindow("我说大麻油菜".AsMemory(), 0, false, TextSide.Response) { HintsHeldFrom = int.MaxValue };
        Assert.Equal(held, await detector.DetectAsync(window, new DetectionList(), CancellationToken.None));
    }

    [Theory]
    [InlineData(int.MaxValue, 0)]
    [InlineData(0, 4)]
    public async Task ReviewTerm_ThatBlocksUnderAnotherPolicy_IsHeldOnlyForWhomItMayBlock(int hintsHeldFrom, int held)
    {
        var policies = _files.Write("default", "{}").Write("strict", """{"Tiers":{"any":{"review":"Block"}}}""").Book().Policies;
        var detector = new KeywordDetector(LexiconText.Of(["大麻油菜籽|review"]), tiers: TierTable.Of(policies.Values));

        Assert.Equal((false, true), (policies["default"].HintsDecide, policies["strict"].HintsDecide));
        var window = new TextWindow("我说大麻油菜".AsMemory(), 0, false, TextSide.Response) { HintsHeldFrom = hintsHeldFrom };
        Assert.Equal(held, await detector.DetectAsync(window, new DetectionList(), CancellationToken.None));
    }

    [Fact]
    public void BlockTerms_ThatAreHints_MakeEveryHintHeld()
    {
        var policies = _files.Write("default", """{"Tiers":{"subversion":{"block":"Confirm"}}}""").Book().Policies.Values;
        var table = TierTable.Of(policies);

        Assert.True(table.ConfirmsBeyondReview);
        Assert.Equal((TierAction.Confirm, TierAction.Block), (table.Of("subversion", Tier.Block), table.Of("privacy-right", Tier.Block)));
        Assert.Equal(TierAction.Block, TierTable.Of([.. policies, new Policy { Name = "other" }]).Of("subversion", Tier.Block));
    }
}
