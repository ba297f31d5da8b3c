using System.Diagnostics.Metrics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Features;
using Gateway.Onnx.Serving;
using Gateway.Onnx.Tests.Support;

namespace Gateway.Onnx.Tests;

public sealed class RiskClassifierTests : IDisposable
{
    private readonly Meter _meter = new("Gateway");
    private readonly ClassifierMetrics _metrics;

    public RiskClassifierTests() => _metrics = new ClassifierMetrics(_meter);

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task ScoreAsync_ShortText_EqualsThePlainForwardPass()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, new ClassifierOptions(), _metrics, TimeProvider.System);

        foreach (var text in (string[])["a", "hello there", "你好，世界", "mixed 文字 and words"])
        {
            var scores = await classifier.ScoreAsync(text.AsMemory(), TextSide.Prompt, default);
            var features = new TextFeatures(tiny.Network.Settings);
            features.Read(text);
            var traits = new float[NgramTraits.Count];
            NgramTraits.Fill(traits, TextSide.Prompt, features.DenseShare, features.Ids.Count);
            var expected = tiny.Network.Forward(features.Ids.All, traits);
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], scores[i], 1e-4);
        }
    }
}
