using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;

namespace Gateway.Inspection.Tests.Policies;

/// <summary>Tiers, actions and thresholds by risk and direction.</summary>
public sealed class RiskRuleTests : IDisposable
{
    private readonly PolicyFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("{}", Tier.Block, TextSide.Prompt, GuardAction.Block)]
    [InlineData("{}", Tier.Review, TextSide.Prompt, GuardAction.Label)]
    [InlineData("""{"Tiers":{"subversion":{"review":"Block"}}}""", Tier.Review, TextSide.Prompt, GuardAction.Block)]
    [InlineData("""{"Tiers":{"any":{"watch":"Label"}}}""", Tier.Watch, TextSide.Response, GuardAction.Label)]
    [InlineData("""{"Response":{"Tiers":{"a1-core-values":{"block":"Label"}}}}""", Tier.Block, TextSide.Response, GuardAction.Label)]
    [InlineData("""{"Response":{"Tiers":{"a1-core-values":{"block":"Label"}}}}""", Tier.Block, TextSide.Prompt, GuardAction.Block)]
    [InlineData("""{"Actions":{"subversion":"Label"}}""", Tier.Block, TextSide.Prompt, GuardAction.Label)]
    [InlineData("""{"Actions":{"any":"Watch","subversion":"Block"}}""", Tier.Block, TextSide.Prompt, GuardAction.Block)]
    [InlineData("""{"Actions":{"subversion":"Block"},"Prompt":{"Actions":{"any":"Watch"}}}""", Tier.Block, TextSide.Prompt, GuardAction.Allow)]
    public void Term_DoesWhatItsRiskAndDirectionSay(string json, Tier tier, TextSide side, GuardAction expected)
    {
        var policy = _files.Write("default", json).Book().Policies["default"];

        Assert.Equal(expected, policy.Decide(Found(new Detection("subversion", 0, 3, 1, "keyword", "t.tsv:1", tier)), side: side).Action);
    }

    [Theory]
    [InlineData("{}", 0.85f, TextSide.Prompt, GuardAction.Label)]
    [InlineData("""{"Prompt":{"Thresholds":{"any":0.8}}}""", 0.85f, TextSide.Prompt, GuardAction.Block)]
    [InlineData("""{"Prompt":{"Thresholds":{"any":0.8}}}""", 0.85f, TextSide.Response, GuardAction.Label)]
    [InlineData("""{"Thresholds":{"any":0.8},"Response":{"Thresholds":{"any":{"Block":0.95}}}}""", 0.92f, TextSide.Response, GuardAction.Label)]
    [InlineData("""{"Actions":{"subversion":"Label"}}""", 0.99f, TextSide.Prompt, GuardAction.Label)]
    [InlineData("""{"Actions":{"subversion":"Watch"}}""", 0.99f, TextSide.Prompt, GuardAction.Allow)]
    public void Score_CountsByTheThresholdsOfItsDirection(string json, float score, TextSide side, GuardAction expected)
    {
        var policy = _files.Write("default", json).Book().Policies["default"];

        Assert.Equal(expected, policy.Decide(Found(new Detection("subversion", 0, 3, score, "classifier", "m/any", Label: "any")), side: side).Action);
    }

    private static DetectionList Found(Detection detection)
    {
        var list = new DetectionList();
        list.Add(detection);
        return list;
    }
}
