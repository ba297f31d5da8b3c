using System.Diagnostics.Metrics;
using Gateway.Inspection.Detectors;
using Gateway.Onnx.Serving;
using Gateway.Onnx.Tests.Support;

namespace Gateway.Onnx.Tests;

public sealed class ClassifierDetectorTests : IDisposable
{
    private readonly Meter _meter = new("Gateway");

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task DetectAsync_WholeText_ReportsEachLabelFromTheFloorOn()
    {
        // Constant answers: any 0.88, discrim-gender 0.05 (just above the floor), privacy-right 0.73, sexual 0.02.
        float[] logits = [2f, -2.9f, 1f, -4f];
        using var tiny = new TinyModel(change: network =>
        {
            network.OutputWeights.AsSpan().Clear();
            logits.CopyTo(network.OutputBias, 0);
        });
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient, new ClassifierMetrics(_meter), TimeProvider.System);
        var detector = new ClassifierDetector(classifier);
        var detections = new DetectionList();

        var holdback = await detector.DetectAsync(TextWindow.Whole("some text".AsMemory(), TextSide.Prompt), detections, default);

        Assert.Equal(0, holdback);
        Assert.Equal(["any", "discrim-gender", "privacy-right"], detections.ToArray().Select(found => found.Label));
        Assert.Equal(["privacy-right", "discrim-gender", "privacy-right"], detections.ToArray().Select(found => found.Risk));
        Assert.Equal(["tiny/any", "tiny/discrim-gender", "tiny/privacy-right"], detections.ToArray().Select(found => found.Rule));
        Assert.All(detections.ToArray(), found => Assert.Equal((0, 9, "classifier"), (found.Start, found.Length, found.Detector)));
        Assert.Equal(0.8808, detections[0].Score, 3);
        Assert.False(detector.IsImmediate);
        Assert.Equal(("classifier", 400), (detector.Name, detector.Context));
    }

    [Fact]
    public async Task DetectAsync_WindowsThatEndInTheContext_AreLeftOut()
    {
        using var tiny = new TinyModel();
        using var model = tiny.Load();
        await using var classifier = new RiskClassifier(model, TinyModel.Patient, new ClassifierMetrics(_meter), TimeProvider.System);
        var random = new Random(3);
        var text = Reference.RandomText(random, 3000);

        for (var fresh = 0; fresh < text.Length; fresh += 250)
        {
            var detections = new DetectionList();
            await new ClassifierDetector(classifier).DetectAsync(new TextWindow(text.AsMemory(), fresh, true, TextSide.Response), detections, default);
            Assert.NotEqual(0, detections.Count);
            Assert.All(detections.ToArray(), found => Assert.InRange(found.End, fresh + 1, text.Length));
        }
    }
}
