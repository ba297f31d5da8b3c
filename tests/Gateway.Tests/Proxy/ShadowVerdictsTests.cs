using Gateway.Inspection.Detectors;
using Gateway.Inspection.Policies;
using Gateway.Proxy;

namespace Gateway.Tests.Proxy;

public sealed class ShadowVerdictsTests
{
    private static readonly Policy Served = PolicyOf(block: 0.9f);
    private static readonly Policy Shadow = PolicyOf(block: 0.5f);

    [Fact]
    public void Read_TheShadowsOwnThresholdsDecide_WithWhatOthersFound()
    {
        var verdicts = new ShadowVerdicts(Served, Shadow, TextSide.Prompt);
        verdicts.Add([Task.FromResult<Detection[]?>([Scored(0.6f)])], Found(Scored(0.6f)), DecisionPoint.Whole);
        verdicts.Add([Task.FromResult<Detection[]?>([Scored(0.2f)])], Found(), DecisionPoint.Whole);

        var said = verdicts.Read(out var did, out var unanswered)!;

        Assert.Equal(("block", true, 2, 0.6), (said.Action, said.Differs, said.Texts, said.Scores["any"]));
        Assert.Equal((GuardAction.Allow, 0), (did, unanswered));
    }

    [Fact]
    public void Read_WhatKeywordsFound_CountsForBoth()
    {
        var keyword = new Detection("violence-obscenity", 0, 4, 1, "keyword", "a.tsv:1", Gateway.Inspection.Lexicons.Tier.Block);
        var verdicts = new ShadowVerdicts(Served, Shadow, TextSide.Prompt);
        verdicts.Add([Task.FromResult<Detection[]?>([])], Found(keyword, Scored(0.95f)), DecisionPoint.Whole);

        var said = verdicts.Read(out _, out _)!;

        Assert.Equal(("block", null), (said.Action, said.Differs));
        Assert.Empty(said.Scores);
    }

    [Fact]
    public async Task Read_WhatIsLateOrLeftOut_IsCountedAndNotGuessed()
    {
        var late = new TaskCompletionSource<Detection[]?>();
        var verdicts = new ShadowVerdicts(Served, Shadow, TextSide.Response);
        verdicts.Add([late.Task, Task.FromResult<Detection[]?>(null)], Found(Scored(0.95f)), DecisionPoint.Whole);

        Assert.Null(verdicts.Read(out var did, out var unanswered));
        Assert.Equal((GuardAction.Allow, 2), (did, unanswered));
        Assert.False(verdicts.AnsweredAsync().IsCompleted);

        late.SetResult([Scored(0.95f)]);
        await verdicts.AnsweredAsync();
        Assert.Null(verdicts.Read(out did, out unanswered)!.Differs);
        Assert.Equal((GuardAction.Block, 1), (did, unanswered));
    }

    private static Detection Scored(float score) => new("privacy-right", 0, 4, score, "classifier", "m/any", Label: "any");

    private static DetectionList Found(params Detection[] detections)
    {
        var list = new DetectionList();
        foreach (var detection in detections) list.Add(detection);
        return list;
    }

    private static Policy PolicyOf(float block)
    {
        var folder = Directory.CreateTempSubdirectory("policies-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "default.json"), "{}");
            return PolicyLoader.LoadBook(folder.FullName, new Dictionary<string, Thresholds> { ["any"] = new(block, block, 1) }).Policies["default"];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
