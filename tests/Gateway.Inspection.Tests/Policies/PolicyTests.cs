using System.Collections.Frozen;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.Inspection.Text;

namespace Gateway.Inspection.Tests.Policies;

public class PolicyTests
{
    private static readonly Policy Default = new()
    {
        Name = "default",
        Thresholds = new Dictionary<string, Thresholds>
        {
            ["any"] = new(0.9f, 0.6f, 0.97f),
            ["subversion"] = new(0.8f, 0.5f, 0.95f),
            ["x-self-harm-crisis"] = new(1.1f, 0.5f, 1.1f),
        }.ToFrozenDictionary(),
    };

    public static TheoryData<string, string, DecisionPoint, GuardAction> Table => new()
    {
        { "nothing", "", DecisionPoint.Whole, GuardAction.Allow },
        { "block term", "b1", DecisionPoint.Whole, GuardAction.Block },
        { "block term in mid-stream", "b1", DecisionPoint.MidStream, GuardAction.Block },
        { "watch term", "w1", DecisionPoint.Whole, GuardAction.Allow },
        { "review term", "r1", DecisionPoint.Whole, GuardAction.Label },
        { "two review terms", "r1 r2", DecisionPoint.Whole, GuardAction.Block },
        { "one review term twice", "r1 r1", DecisionPoint.Whole, GuardAction.Label },
        { "review and watch", "r1 w1", DecisionPoint.Whole, GuardAction.Label },
        { "review confirmed by the classifier", "r1 any=0.6", DecisionPoint.Whole, GuardAction.Block },
        { "review not confirmed", "r1 any=0.59", DecisionPoint.Whole, GuardAction.Label },
        { "review confirmed in mid-stream", "r1 any=0.6", DecisionPoint.MidStream, GuardAction.Block },
        { "watch is not confirmed by the classifier", "w1 any=0.6", DecisionPoint.Whole, GuardAction.Label },
        { "score at the label threshold", "any=0.6", DecisionPoint.Whole, GuardAction.Label },
        { "score under the label threshold", "any=0.59", DecisionPoint.Whole, GuardAction.Allow },
        { "score at the block threshold", "any=0.9", DecisionPoint.Whole, GuardAction.Block },
        { "score at the block threshold in mid-stream", "any=0.9", DecisionPoint.MidStream, GuardAction.Allow },
        { "score at the cut threshold in mid-stream", "any=0.97", DecisionPoint.MidStream, GuardAction.Block },
        { "label of its own threshold", "subversion=0.8", DecisionPoint.Whole, GuardAction.Block },
        { "label without a threshold", "ethnic-hatred=1", DecisionPoint.Whole, GuardAction.Allow },
        { "signs of a crisis, however many", "c1 c2 any=0.7", DecisionPoint.Whole, GuardAction.Label },
        { "a crisis that the classifier sees, beside one review term", "r1 x-self-harm-crisis=0.9", DecisionPoint.Whole, GuardAction.Label },
        { "crisis beside one review term", "c1 r1", DecisionPoint.Whole, GuardAction.Label },
    };

    [Theory]
    [InlineData(Foldings.Separator, VariantAction.Label, Foldings.Separator, false, GuardAction.Allow)]
    [InlineData(Foldings.Separator, VariantAction.Label, Foldings.Case | Foldings.Separator, false, GuardAction.Allow)]
    [InlineData(Foldings.Separator, VariantAction.Label, Foldings.Case, false, GuardAction.Block)]
    [InlineData(Foldings.None, VariantAction.Label, Foldings.Homophone, true, GuardAction.Label)]
    [InlineData(Foldings.None, VariantAction.Block, Foldings.Homophone, true, GuardAction.Block)]
    [InlineData(Foldings.None, VariantAction.Watch, Foldings.Homophone, true, GuardAction.Allow)]
    [InlineData(Foldings.None, VariantAction.Block, Foldings.Encoding, true, GuardAction.Label)]
    [InlineData(Foldings.None, VariantAction.Label, Foldings.Encoding, false, GuardAction.Block)]
    public void Decide_FoldedBlockTerm_DependsOnFoldingsAndVariants(
        Foldings off, VariantAction variants, Foldings needed, bool labelsOnly, GuardAction expected)
    {
        var list = new DetectionList();
        list.Add(new Detection("subversion", 0, 3, 1, "keyword", "t.tsv:1", Tier.Block, Foldings: needed, LabelsOnly: labelsOnly));
        Assert.Equal(expected, (Default with { FoldingsOff = off, Variants = variants }).Decide(list).Action);
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Decide_Findings_FollowTheTable(string situation, string findings, DecisionPoint point, GuardAction expected)
    {
        var list = new DetectionList();
        var position = 0;
        foreach (var finding in findings.Split(' ', StringSplitOptions.RemoveEmptyEntries)) list.Add(Parse(finding, position += 10));

        Assert.True(expected == Default.Decide(list, point).Action, situation);
    }

    [Fact]
    public void Decide_TwoReviewTermsThatShareLetters_AreOneHint()
    {
        var list = new DetectionList();
        list.Add(new Detection("subversion", 0, 6, 1, "keyword", "r1", Tier.Review));
        list.Add(new Detection("subversion", 4, 6, 1, "keyword", "r2", Tier.Review));

        Assert.Equal(GuardAction.Label, Default.Decide(list).Action);
    }

    [Fact]
    public void Decide_ScoresUnderTheLabelThreshold_AreNotRecorded()
    {
        var list = new DetectionList();
        list.Add(Parse("w1", 0));
        list.Add(Parse("any=0.2", 0));

        var verdict = Default.Decide(list);

        Assert.Equal("w1", Assert.Single(verdict.Detections).Rule);
        Assert.Equal(1, verdict.DetectionCount);
    }

    [Fact]
    public void Decide_MoreFindingsThanAreKept_StillSeesTheLastBlockTerm()
    {
        var list = new DetectionList();
        for (var i = 0; i < 10_000; i++) list.Add(Parse("w1", i));
        list.Add(Parse("b1", 10_001));

        var verdict = Default.Decide(list);

        Assert.Equal(GuardAction.Block, verdict.Action);
        Assert.Equal(10_001, verdict.DetectionCount);
        Assert.InRange(list.Count, DetectionList.Capacity, DetectionList.Capacity + 1);
    }

    private static Detection Parse(string finding, int start)
    {
        var score = finding.Split('=');
        if (score.Length == 2)
        {
            var probability = float.Parse(score[1], System.Globalization.CultureInfo.InvariantCulture);
            return new Detection(score[0] == "any" ? "subversion" : score[0], 0, 100, probability, "classifier", $"model/{score[0]}", null, score[0]);
        }

        var (risk, tier) = finding[0] switch
        {
            'b' => ("subversion", Tier.Block),
            'r' => ("subversion", Tier.Review),
            'c' => (Policy.CrisisRisk, Tier.Review),
            _ => ("subversion", Tier.Watch),
        };
        return new Detection(risk, start, 4, 1, "keyword", finding, tier);
    }
}
