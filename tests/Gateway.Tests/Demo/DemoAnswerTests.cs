using Gateway.Demo;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.TestSupport;

namespace Gateway.Tests.Demo;

public sealed class DemoAnswerTests
{
    [Fact]
    public async Task BlockedAnswer_StarterLexicon_HoldsABlockTermInItsMiddle()
    {
        // What a newcomer tries first must be cut, whichever way the starter lexicon goes.
        var detector = new KeywordDetector(LexiconLoader.Load(Path.Combine(Repository.Root, "deploy", "lexicons", "starter")));
        var found = new DetectionList();
        await detector.DetectAsync(TextWindow.Whole(DemoModelServer.Blocked.AsMemory(), TextSide.Response), found, CancellationToken.None);
        Assert.Contains(found.ToArray(), detection => detection.Tier == Tier.Block && detection.Start > 40);
    }
}
