using System.Diagnostics.Metrics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;
using Gateway.Onnx.Tests.Support;

namespace Gateway.Onnx.Tests;

public sealed class ScoreCacheTests : IDisposable
{
    private readonly Meter _meter = new("Gateway");

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task ScoreAsync_SameTextAgain_IsAnsweredFromMemory()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient with { CacheEntries = 100 }, new ClassifierMetrics(_meter), TimeProvider.System);
        var first = await classifier.ScoreAsync("some text".AsMemory(), TextSide.Prompt, default);
        var second = classifier.ScoreAsync("some text".AsMemory(), TextSide.Prompt, default);
        Assert.True(second.IsCompletedSuccessfully);
        Assert.Same(first, await second);
        Assert.NotSame(first, await classifier.ScoreAsync("some text".AsMemory(), TextSide.Response, default));
        Assert.NotSame(first, await classifier.ScoreAsync("some text".AsMemory(), 2, TextSide.Prompt, default));
        Assert.NotSame(first, await classifier.ScoreAsync("some texs".AsMemory(), TextSide.Prompt, default));
    }

    [Fact]
    public void KeyOf_AnythingElse_IsAnotherKey()
    {
        var cache = new ScoreCache("model", 10);
        var long1 = new string('x', 5000);
        ScoreCache.Key[] keys =
        [
            cache.KeyOf("a", 0, TextSide.Prompt), cache.KeyOf("a", 0, TextSide.Response), cache.KeyOf("a", 1, TextSide.Prompt), cache.KeyOf("b", 0, TextSide.Prompt),
            cache.KeyOf("\uD800", 0, TextSide.Prompt), cache.KeyOf("\uD801", 0, TextSide.Prompt), cache.KeyOf("", 0, TextSide.Prompt),
            cache.KeyOf(long1, 0, TextSide.Prompt), cache.KeyOf(long1 + "y", 0, TextSide.Prompt), new ScoreCache("other", 10).KeyOf("a", 0, TextSide.Prompt),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[7], cache.KeyOf(long1, 0, TextSide.Prompt));
    }

    [Fact]
    public void Add_MoreThanFit_ForgetsTheOldestAndKeepsWhatIsAskedFor()
    {
        const int capacity = 10;
        var cache = new ScoreCache("model", capacity);
        var scores = new RiskScores(["any"], 0);
        var kept = cache.KeyOf("kept", 0, TextSide.Prompt);
        cache.Add(kept, scores);
        var keys = Enumerable.Range(0, 100).Select(i => cache.KeyOf(i.ToString(System.Globalization.CultureInfo.InvariantCulture), 0, TextSide.Prompt)).ToArray();
        foreach (var key in keys)
        {
            cache.Add(key, scores);
            Assert.True(cache.TryGet(kept, out _));
        }

        Assert.InRange(keys.Count(key => cache.TryGet(key, out _)), 1, 2 * capacity);
        Assert.False(cache.TryGet(keys[0], out _));
    }
}
