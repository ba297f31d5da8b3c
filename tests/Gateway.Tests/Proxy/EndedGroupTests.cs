using System.Collections.Frozen;
using System.Text;
using Gateway.Inspection.Detectors;
using Gateway.Inspection.Lexicons;
using Gateway.Inspection.Policies;
using Gateway.TestSupport;

namespace Gateway.Tests.Proxy;

/// <summary>
/// Servers that call a choice finished in every event, or go on after its end: the end of a choice is believed once something else, or nothing more, follows.
/// </summary>
public sealed class EndedGroupTests(GuardFixture fixture) : IClassFixture<GuardFixture>
{
    private const string Stop = ",\"finish_reason\":\"stop\"";

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1beta/models/m:streamGenerateContent")]
    public async Task Case_54_EveryEventSaysFinished_NoByteOfATermLeaves(string path)
    {
        for (var cut = 1; cut < TestLexicon.Block.Length; cut++)
        {
            byte[][] events = [Event(path, "So: "), Event(path, TestLexicon.Block[..cut]), Event(path, TestLexicon.Block[cut..]), .. End(path)];
            var released = await ReadAsync(path, events);
            Assert.True(!released.Contains($"\"{TestLexicon.Block[..cut]}\"", StringComparison.Ordinal), $"cut at {cut}: {released}");
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1beta/models/m:streamGenerateContent")]
    public async Task EveryEventSaysFinished_AllowedText_StaysAsItIs(string path)
    {
        byte[][] events = [Event(path, "Good "), Event(path, "day"), Event(path, TestLexicon.Block[..2]), .. End(path)];
        Assert.Equal(string.Concat(events.Select(Encoding.UTF8.GetString)), await ReadAsync(path, events));
    }

    [Fact]
    public async Task FinishedChoice_IsReleased_OnceAnotherChoiceGoesOn()
    {
        byte[][] events = [GuardedRun.Event("Good " + TestLexicon.Block[..2]), GuardedRun.End(), GuardedRun.Event("x", 1)];
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream([.. events, GuardedRun.Event(TestLexicon.Block[..3], 1), GuardedRun.End(1), GuardedRun.Done]));
        var released = "";
        while (!released.Contains("\"x\"", StringComparison.Ordinal) && await run.NextAsync() is { Length: > 0 } block) released += block;
        Assert.StartsWith(string.Concat(events.Select(Encoding.UTF8.GetString)), released, StringComparison.Ordinal);
        Assert.DoesNotContain($"\"{TestLexicon.Block[..3]}\"", released, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Case_54_TextAfterABelievedEnd_EndsTheStream()
    {
        byte[][] events = [GuardedRun.Event(TestLexicon.Block[..2]), GuardedRun.End(), GuardedRun.Event("x", 1), GuardedRun.Event(TestLexicon.Block[2..]), GuardedRun.End(1), GuardedRun.Done];
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream(events));
        var released = await run.RestAsync();
        Assert.DoesNotContain(TestLexicon.Block[2..], released, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", released, StringComparison.Ordinal);
        Assert.True(run.Exchange.IsClosed);
    }

    [Fact]
    public async Task VerdictOnTheWhole_IsThere_BeforeTheEventThatTellsHowItEnded()
    {
        var detector = new WholeDetector();
        var epoch = TestEpoch.Of(new Policy { Name = "default", ContentLabel = false, Thresholds = new Dictionary<string, Thresholds> { ["any"] = new(0.9f, 0.5f, 1) }.ToFrozenDictionary() }, Lexicon.Empty, detector);
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream([GuardedRun.Event("Said and done. "), GuardedRun.Event("More. "), GuardedRun.End(), GuardedRun.Done]), epoch: epoch);
        var released = await run.RestAsync();
        Assert.DoesNotContain("\"stop\"", released, StringComparison.Ordinal);
        Assert.Contains("\"content_filter\"", released, StringComparison.Ordinal);
        Assert.Equal(1, detector.Wholes);
    }

    private static byte[] Event(string path, string text) => Encoding.UTF8.GetBytes(path.Contains("models", StringComparison.Ordinal)
        ? $$$"""data: {"candidates":[{"content":{"parts":[{"text":"{{{text}}}"}],"role":"model"},"finishReason":"STOP","index":0}]}""" + "\n\n"
        : $$$"""data: {"id":"c","choices":[{"index":0,"delta":{"content":"{{{text}}}"}{{{Stop}}}}]}""" + "\n\n");

    private static byte[][] End(string path) => path.Contains("models", StringComparison.Ordinal) ? [] : [GuardedRun.Done];

    private async Task<string> ReadAsync(string path, byte[][] events)
    {
        using var run = new GuardedRun(fixture.Services, new PiecewiseStream(events), path);
        var released = await run.RestAsync();
        Assert.True(run.Exchange.IsClosed);
        return released;
    }

    /// <summary>Finds something in the whole alone, as a classifier does whose mid-stream threshold is higher.</summary>
    private sealed class WholeDetector : IDetector
    {
        public string Name => "whole";

        public bool IsImmediate => false;

        public int Context => 0;

        public int Wholes { get; private set; }

        public ValueTask<int> DetectAsync(TextWindow window, DetectionList detections, CancellationToken cancellationToken)
        {
            if (!window.IsFinal) return ValueTask.FromResult(0);
            Wholes++;
            detections.Add(new Detection("privacy-right", 0, 4, 0.95f, "classifier", "m/any", Label: "any"));
            return ValueTask.FromResult(0);
        }
    }
}
